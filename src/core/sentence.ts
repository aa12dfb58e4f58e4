/** Ends with a full stop where nothing ends it yet: whatever somebody else has said, more may follow it. */
export function sentence(text: string): string {
  return /[.!?…:]["”]?$/.test(text) ? text : `${text}.`;
}
