import { open } from 'node:fs/promises';
import { createTransport } from 'nodemailer';
import { z } from 'zod';
import type { Settings } from '../config.ts';
import { bounded, githubRest, type GithubCredentials } from '../executors/github-access.ts';
import { answerIn } from '../executors/github-answer.ts';
import type { AnchorPlace } from '../trust/audit/anchor-place.ts';
import { canonicalJson } from '../trust/audit/canonical-json.ts';
import { readHead, type Head } from '../trust/audit/head.ts';
import { reveal } from '../trust/secrets.ts';
import type { Anchorage } from './anchors.ts';

const hour = 3_600_000;
const sendTimeout = 20_000;

/** The places of `AUDIT_ANCHORS`, as they are reached with the settings. @param signal ends what is on its way */
export function anchoragesOf(
  { auditAnchors, github, mail }: Pick<Settings, 'auditAnchors' | 'github' | 'mail'>,
  signal: AbortSignal,
): readonly Anchorage[] {
  return auditAnchors.flatMap((place) => {
    switch (place.kind) {
      case 'file':
        return [inFile(place.path)];
      case 'github':
        return github ? [inGithub(place, github, signal)] : [];
      case 'mail':
        return mail ? [byMail(place.to, mail, signal)] : [];
      default:
        return place satisfies never;
    }
  });
}

/** Any head fits into it with all that it says: it is over 5,000 events at most. */
const tailSize = 2 * 1_048_576;

/** Every head with all that it says, a line each; best on a disk, or behind a mount, that only takes more. */
function inFile(path: string): Anchorage {
  return {
    name: path,
    what: 'a file',
    of: 'this machine',
    takes: 'every head',
    lastLines: () => lastLines(path),
    put: async (heads) => {
      const end = await lastBytes(path, 1);
      // A full disk or a power cut may have cut off the last line: nothing is glued to that.
      const begin = end === undefined || !['', '\n'].includes(end.toString()) ? '\n' : '';
      const file = await open(path, 'a', 0o600);
      try {
        await file.appendFile(begin + heads.map((head) => `${head}\n`).join(''));
        await file.sync();
      } finally {
        await file.close();
      }
    },
  };
}

async function lastLines(path: string): Promise<readonly string[]> {
  return (await lastBytes(path, tailSize))?.toString().split('\n') ?? [];
}

/** What a file says that may be written to and not read. Whoever may not even write to it hears of that from writing. */
const unreadable = ['EACCES', 'EPERM', 'EINVAL', 'ENOTSUP'];

/** @returns nothing in it where there is no file; undefined where nobody may look at it */
async function lastBytes(path: string, most: number): Promise<Buffer | undefined> {
  try {
    const file = await open(path);
    try {
      const { size } = await file.stat();
      const length = Math.min(size, most);
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return Buffer.alloc(0);
    if (unreadable.includes(code)) return undefined;
    throw error;
  }
}

const contents = z.object({ sha: z.string(), encoding: z.literal('base64'), content: z.string() });

/** A commit an hour that adds the newest head to a file of its month: not to be undone without a trace. */
function inGithub(
  place: Extract<AnchorPlace, { kind: 'github' }>,
  credentials: GithubCredentials,
  signal: AbortSignal,
): Anchorage {
  const restOf = githubRest(credentials);
  const { owner, repo } = place;
  return {
    name: `github:${owner}/${repo}`,
    what: 'a repository',
    of: 'all replicas',
    every: hour,
    takes: 'the newest',
    put: async ([newest = '']) => {
      const { head, line } = briefly(newest);
      const { repos } = await restOf(place, signal);
      const file = { owner, repo, path: `lastgood/${head.store}/${head.at.slice(0, 7)}.jsonl` };
      const found = await repos.getContent({ ...file, request: bounded(signal) }).then(
        ({ data }) => contents.parse(data),
        (error: unknown) => {
          if (answerIn(error, 0)?.status === 404) return undefined;
          throw error;
        },
      );
      const before = found ? Buffer.from(found.content, 'base64').toString() : '';
      await repos.createOrUpdateFileContents({
        ...file,
        ...(found && { sha: found.sha }),
        message: `Audit head ${head.number}, of ${head.at}`,
        content: Buffer.from(`${before}${line}\n`).toString('base64'),
        request: bounded(signal),
      });
    },
  };
}

/** A mail a day with the newest head; whoever gets it keeps it. */
function byMail(
  to: string,
  { smtpUrl, from }: NonNullable<Settings['mail']>,
  signal: AbortSignal,
): Anchorage {
  const transport = createTransport({
    url: reveal(smtpUrl),
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    name: `mailto:${to}`,
    what: 'a mailbox',
    of: 'all replicas',
    every: 24 * hour,
    takes: 'the newest',
    put: async ([newest = '']) => {
      const { head, line } = briefly(newest);
      await transport.sendMail({
        from,
        to: { name: '', address: to },
        subject: `Lastgood audit head ${head.number} of ${head.store}`,
        text: [
          'Keep this mail. The line below vouches for everything that Lastgood had stored by then:',
          '',
          line,
          '',
          'Saved in a file, it is compared with what is stored by: lastgood audit verify --anchors FILE',
        ].join('\n'),
        headers: { 'Auto-Submitted': 'auto-generated' },
        signal: AbortSignal.any([signal, AbortSignal.timeout(sendTimeout)]),
      });
    },
  };
}

/** Without where each stream stood: that may be long, and the digest in it says as much to whoever has the store. */
function briefly(text: string): { readonly head: Head; readonly line: string } {
  const read = readHead(text);
  if (!read) throw new Error('the newest audit head cannot be read');
  return { head: read.head, line: canonicalJson(read.head) };
}
