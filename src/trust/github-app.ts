import { createPrivateKey } from 'node:crypto';
import { z } from 'zod';
import { secret, type Secret } from './secrets.ts';

/** A GitHub App acts with a key of its own instead of somebody's token. */
export interface GithubApp {
  /** The App ID, or its client id: GitHub takes either. */
  readonly id: string;
  readonly privateKey: Secret;
}

export const githubAppId = z
  .string()
  .regex(
    /^(?:\d+|Iv[\w.]+)$/,
    "is neither an App ID such as 123456 nor a client ID such as Iv23li…; both stand on the app's page",
  );

/** PEM as GitHub hands it out; in one line, its line breaks may be written `\n`. */
export const githubAppKey = z
  .string()
  .transform((value) => value.replaceAll('\\n', '\n'))
  .refine(isRsaKey, "is no RSA private key in PEM (the file that GitHub gives you on the app's page)")
  .transform(secret);

function isRsaKey(pem: string): boolean {
  try {
    return createPrivateKey(pem).asymmetricKeyType === 'rsa';
  } catch {
    return false;
  }
}
