import type { Effect } from '../core/effect.ts';

/**
 * An effect as every store keeps it: the type first, which PostgreSQL reads from there (`typeOfEffect`), and whole
 * characters only. Programs send NULs and half emoji, and nobody to whom an effect goes takes either.
 */
export function effectText({ type, ...effect }: Effect): string {
  return JSON.stringify({ type, ...effect }, (_key, value: unknown) =>
    typeof value === 'string' ? value.replaceAll('\0', '\uFFFD').replace(/\p{Cs}/gu, '\uFFFD') : value,
  );
}
