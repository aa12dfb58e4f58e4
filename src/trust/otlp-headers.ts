import { z } from 'zod';
import { reveal, secret, type Secret } from './secrets.ts';

/**
 * `OTEL_EXPORTER_OTLP_HEADERS`, as OpenTelemetry has it: `authorization=Basic%20…,x-scope=team`, values percent-encoded.
 * Whatever stands there may let somebody in.
 */
export const otlpHeaders = z.string().transform((text, context): Readonly<Record<string, Secret>> => {
  try {
    const pairs = text.split(',').map((pair): readonly [string, Secret] => {
      const [, name, value] = /^\s*([\w-]+)\s*=\s*(.*?)\s*$/.exec(pair) ?? [];
      if (name === undefined || value === undefined || value === '') throw new Error(pair);
      return [name.toLowerCase(), secret(decodeURIComponent(value))];
    });
    return Object.fromEntries(pairs);
  } catch {
    context.addIssue({ code: 'custom', message: 'is no list of name=value, separated by commas' });
    return z.NEVER;
  }
});

/** Shorter words, such as the name of a scope, are no tokens: replacing them everywhere would hide the text. */
const shortestToken = 12;

/** What has to be kept out of logs: the tokens, without the `Bearer` before them. */
export function tokensIn(headers: Readonly<Record<string, Secret>>): readonly Secret[] {
  return Object.values(headers)
    .flatMap((value) => reveal(value).split(/\s+/))
    .filter(({ length }) => length >= shortestToken)
    .map(secret);
}
