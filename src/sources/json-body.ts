import type { z } from 'zod';
import { MalformedBody } from '../core/source.ts';
import { cleanText, limits } from './untrusted.ts';

/** Reads a JSON body against a schema. @throws MalformedBody that says what was expected, and where. */
export function readJson<T>(body: Buffer, schema: z.ZodType<T>): T {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (error) {
    throw new MalformedBody('The body is not JSON in UTF-8.', { cause: error });
  }
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  // A body can be wrong in thousands of places; three are enough to see what is the matter.
  const said = read.error.issues.slice(0, 3).map(({ path, message }) => {
    // A key may be as long as the whole body.
    const where = cleanText(path.map(String).join('.'), limits.label);
    return where === '' ? message : `${where}: ${message}`;
  });
  throw new MalformedBody(`The body has another shape than expected. ${said.join('. ')}.`);
}
