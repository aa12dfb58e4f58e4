/**
 * The one text that plain data has by RFC 8785: no spaces, members in the order of their names' UTF-16 code units,
 * numbers and strings as `JSON.stringify` writes them. What JSON leaves out (`undefined`) is left out here, too, so that
 * a value and what is read back of it have the same text.
 */
export function canonicalJson(value: unknown): string {
  return write(value) ?? 'null';
}

function write(value: unknown): string | undefined {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const members = value as Readonly<Record<string, unknown>>;
  let text = '';
  for (const name of Object.keys(members).toSorted()) {
    const member = write(members[name]);
    if (member !== undefined) text += `${text === '' ? '' : ','}${JSON.stringify(name)}:${member}`;
  }
  return `{${text}}`;
}
