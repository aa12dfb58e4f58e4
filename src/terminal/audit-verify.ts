import { createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readAnchors, type Anchor } from '../trust/audit/anchor.ts';
import { verifyTrail, type Verdict } from '../trust/audit/verify.ts';
import { reveal } from '../trust/secrets.ts';
import { signingKeyId } from '../trust/signing-key.ts';
import { withAuditSource } from './audit-source.ts';
import { botSettings } from './bot-settings.ts';
import { environmentHere } from './environment.ts';
import { exitCode, Stop, type ExitCode } from './exit.ts';
import { printable, printJson } from './print.ts';
import { withProgress } from './progress.ts';

export interface Asked {
  readonly json: boolean;
  readonly offline: boolean;
  readonly anchors: readonly string[];
  readonly key: readonly string[];
}

/** What came of it: passed; a place that is wrong; or nothing wrong, and nobody vouches for it. */
interface Judged {
  readonly code: ExitCode;
  readonly lines: readonly string[];
}

/** Verifies the whole trail here, in this process, against keys and copies that are kept here. */
export async function verify({ json, offline, anchors: files, key }: Asked): Promise<ExitCode> {
  const env = environmentHere();
  const { signingKey } = botSettings(env, ['SIGNING_KEY']);
  const own = signingKey && createPublicKey(reveal(signingKey));
  const keys = new Map(
    [...key.map(readKey), ...(own ? [own] : [])].map((each) => [signingKeyId(each), each]),
  );
  const copies = files.map(readAnchorFile);
  const anchors = copies.flatMap((each) => each.anchors);
  const unreadable = copies.flatMap((each) => each.unreadable);
  const looking = withAuditSource(env, offline, async ({ store, trail }) => {
    const stranger = anchors.find(({ head }) => head.store !== store);
    if (stranger)
      throw new Stop(
        exitCode.usage,
        `${stranger.from} is a head of another store (${stranger.head.store}; this one is ${store}).`,
      );
    return verifyTrail(trail, { store, keys, anchors });
  });
  const verdict = await withProgress('Reading the audit trail', looking, { quiet: json });
  const { code, lines } = judge(verdict, keys, { read: anchors.length, unreadable });
  if (json) printJson(toJson(verdict, unreadable, code));
  else
    (code === exitCode.done ? process.stdout : process.stderr).write(`${lines.map(printable).join('\n')}\n`);
  return code;
}

function judge(
  verdict: Verdict,
  keys: ReadonlyMap<string, KeyObject>,
  copies: { readonly read: number; readonly unreadable: readonly string[] },
): Judged {
  const { wrong, newest } = verdict;
  if (wrong)
    return {
      code: exitCode.failed,
      lines: [
        `${wrong.where} ${wrong.what}.`,
        'It is the first place; what is behind it was not looked at. What to do: docs/operations.md, “When the audit fails”.',
      ],
    };
  const { events, streams, heads, uncovered, anchored } = verdict;
  const looked = [
    `${count(events, 'event')} of ${count(streams, 'stream')} and ${count(heads, 'head')} fit together.`,
    ...(copies.read > 0 ? [`Copies that agree with their heads: ${anchored} of ${copies.read}.`] : []),
    ...sayUnreadable(copies.unreadable),
  ];
  if (!newest)
    return {
      code: exitCode.inconclusive,
      lines: [
        ...looked,
        'No head is sealed over them yet: whoever wrote all of it anew would not be noticed.',
      ],
    };
  const { head, signature } = newest;
  const about = `The newest head is ${head.number}, of ${head.at}`;
  const since = uncovered === 0 ? '' : `; events since, under none yet: ${uncovered}`;
  if (signature === 'good')
    return {
      code: exitCode.done,
      lines: [...looked, `${about}, signed by key ${String(head.key)}${since}.`],
    };
  const signed = head.key === null ? 'It is not signed' : `It says that key ${head.key} has signed it`;
  if (keys.size > 0)
    return {
      code: exitCode.failed,
      lines: [
        ...looked,
        `${about}. ${signed}; it has to be by a key that was given: ${[...keys.keys()].join(', ')}.`,
        'Either the bot signs with another key now, or somebody has sealed heads of their own.',
      ],
    };
  return {
    code: exitCode.inconclusive,
    lines: [
      ...looked,
      `${about}${since}. ${signed}, and no key was given to check that: whoever wrote all of it anew would not be noticed.`,
      head.key === null
        ? 'Give the bot a SIGNING_KEY (lastgood key create).'
        : 'Give the public half of the bot’s SIGNING_KEY, as you have kept it: --key FILE.',
    ],
  };
}

function sayUnreadable(places: readonly string[]): readonly string[] {
  if (places.length === 0) return [];
  const [shown, more] = [places.slice(0, 5), places.length - 5];
  return [
    `${count(places.length, 'copy', 'copies')} cannot be read and vouched for nothing: ${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}.`,
  ];
}

function toJson(
  { wrong, events, streams, heads, uncovered, newest, anchored }: Verdict,
  unreadable: readonly string[],
  code: ExitCode,
): unknown {
  const verdicts: Partial<Record<ExitCode, string>> = { 0: 'passed', 1: 'failed', 3: 'inconclusive' };
  return {
    verdict: verdicts[code],
    wrong: wrong ?? null,
    events,
    streams,
    heads,
    uncovered,
    anchored,
    unreadable,
    newest: newest
      ? { number: newest.head.number, at: newest.head.at, key: newest.head.key, signature: newest.signature }
      : null,
  };
}

function count(number: number, what: string, several = `${what}s`): string {
  return `${number.toLocaleString('en')} ${number === 1 ? what : several}`;
}

function readKey(file: string): KeyObject {
  try {
    const key = createPublicKey(read(file));
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch (error) {
    if (error instanceof Stop) throw error;
  }
  throw new Stop(exitCode.usage, `${file} is no Ed25519 public key in PEM, as lastgood key create shows it.`);
}

function readAnchorFile(file: string): {
  readonly anchors: readonly Anchor[];
  readonly unreadable: readonly string[];
} {
  const found = readAnchors(read(file), file);
  if ('problem' in found) throw new Stop(exitCode.usage, found.problem);
  return found;
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Stop(exitCode.usage, `${file} cannot be read: ${(error as NodeJS.ErrnoException).code ?? ''}`);
  }
}
