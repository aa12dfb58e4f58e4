/** An option that was given twice is a list to yargs; as everywhere, the last one counts. */
export function theLast(given: string | readonly string[] | undefined): string | undefined {
  return typeof given === 'object' ? given.at(-1) : given;
}
