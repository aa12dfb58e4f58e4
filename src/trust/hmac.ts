import { createHmac, timingSafeEqual } from 'node:crypto';
import { reveal, type Secret } from './secrets.ts';

/** How HMAC-SHA256 is written in headers: 64 hex digits in lower case. */
const written = /^[0-9a-f]{64}$/;

/**
 * Whether one of the presented signatures is the HMAC-SHA256 of these very bytes under one of the secrets. Two secrets
 * live side by side while one replaces the other, and senders may sign with several for the same reason. What is not
 * written as a signature is none. Everything is compared with everything, in constant time, so that the time says
 * nothing about which part was right.
 */
export function isSigned(
  bytes: Uint8Array,
  presented: readonly string[],
  secrets: readonly Secret[],
): boolean {
  const signatures = presented.filter((one) => written.test(one)).map((one) => Buffer.from(one, 'hex'));
  return secrets
    .map((secret) => createHmac('sha256', reveal(secret)).update(bytes).digest())
    .flatMap((ours) => signatures.map((theirs) => timingSafeEqual(ours, theirs)))
    .includes(true);
}
