import { readFileSync } from 'node:fs';
import { secret, type Secret } from '../trust/secrets.ts';
import type { Environment } from '../env-file.ts';
import { exitCode, Stop } from './exit.ts';

/** Where the running bot is, and what lets us in. */
export interface BotAddress {
  /** Ends with a slash. */
  readonly url: string;
  readonly token: Secret;
}

/** @throws Stop 78, with everything that is missing or wrong, by name and never by value */
export function readBotAddress(env: Environment): BotAddress {
  const url = urlOf(env['LASTGOOD_URL']);
  const token = tokenOf(env);
  const problems = [url, token].flatMap((read) => ('problem' in read ? [read.problem] : []));
  if ('problem' in url || 'problem' in token) {
    throw new Stop(exitCode.configuration, [...problems, advice].join('\n'));
  }
  return { url: url.value, token: token.value };
}

const advice =
  'Set them in the environment or in .env. On the machine of a bot that is down, --offline needs neither.';

type Read<T> = { readonly value: T } | { readonly problem: string };

function urlOf(given = ''): Read<string> {
  if (given === '')
    return { problem: 'LASTGOOD_URL is missing: where the bot listens, such as http://127.0.0.1:3000' };
  if (!URL.canParse(given) || !/^https?:$/.test(new URL(given).protocol))
    return { problem: 'LASTGOOD_URL is no http(s) URL' };
  const { origin, pathname } = new URL(given);
  return { value: `${origin}${pathname.replace(/\/*$/, '/')}` };
}

function tokenOf(env: Environment): Read<Secret> {
  const [given = '', file = ''] = [env['LASTGOOD_TOKEN'], env['LASTGOOD_TOKEN_FILE']];
  const value = given === '' && file !== '' ? readToken(file) : given;
  if (value === undefined) return { problem: 'LASTGOOD_TOKEN_FILE names a file that cannot be read' };
  if (value === '') {
    return {
      problem: 'LASTGOOD_TOKEN is missing: lastgood token create api <name> --person <you> makes one',
    };
  }
  if (!/^[\x21-\x7E]+$/.test(value))
    return { problem: 'LASTGOOD_TOKEN is no token: it has spaces or letters that no token has' };
  return { value: secret(value) };
}

function readToken(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return undefined;
  }
}
