import { open, rename, rm } from 'node:fs/promises';
import { canonicalJson } from '../trust/audit/canonical-json.ts';
import { beginning } from '../trust/audit/chain.ts';
import { wrongLink } from '../trust/audit/place.ts';
import type { ChainedEvent } from '../trust/audit/trail.ts';
import type { ReadableTrail } from '../trust/audit/verify.ts';
import { sha256Hex } from '../trust/sha256.ts';
import { withAuditSource } from './audit-source.ts';
import { environmentHere } from './environment.ts';
import { exitCode, Stop, type ExitCode } from './exit.ts';
import { withProgress } from './progress.ts';

const atOnce = 500;

/** Of the last line: a file that ends before it was cut off. */
interface State {
  readonly seq: number;
  readonly entry_hash: string;
}

/**
 * Writes all events as one chain: a line an event, with `seq`, `prev_hash` and `entry_hash`, which is the SHA-256 over
 * the canonical JSON (RFC 8785) of the rest of the line. `<file>.state.json` holds `seq` and `entry_hash` of the last one.
 */
export async function exportTrail({
  file: out,
  offline,
}: {
  readonly file: string;
  readonly offline: boolean;
}): Promise<ExitCode> {
  const env = environmentHere();
  const writing = withAuditSource(env, offline, ({ trail }) =>
    replaceFile(out, (write) => writeChain(trail, write)),
  );
  const state = await withProgress('Writing the audit trail', writing);
  await replaceFile(`${out}.state.json`, (write) => write(`${JSON.stringify(state)}\n`));
  process.stdout.write(`${state.seq} events are in ${out}, and where it ends in ${out}.state.json.\n`);
  return exitCode.done;
}

async function writeChain(trail: ReadableTrail, write: (text: string) => Promise<void>): Promise<State> {
  const upTo = await trail.settled();
  let state: State = { seq: 0, entry_hash: beginning };
  for (let after = 0, more = true; more;) {
    const page = await trail.events(after, atOnce);
    let text = '';
    for (const event of page.filter(({ pos }) => pos <= upTo)) {
      const wrong = wrongLink(event);
      if (wrong)
        throw new Stop(
          exitCode.failed,
          `${wrong.where} ${wrong.what}, so nothing was exported. Look closer: lastgood audit verify`,
        );
      const entry = { ...entryOf(event), seq: state.seq + 1, prev_hash: state.entry_hash };
      state = { seq: entry.seq, entry_hash: sha256Hex(canonicalJson(entry)) };
      text += `${canonicalJson({ ...entry, entry_hash: state.entry_hash })}\n`;
    }
    await write(text);
    after = page.at(-1)?.pos ?? after;
    more = page.length === atOnce && after < upTo;
  }
  return state;
}

function entryOf({ stream, seq, at, by, type, data, hash }: ChainedEvent) {
  const ts = new Date(at).toISOString();
  return { ts, stream, stream_seq: seq, actor: by, action: type, data, stream_hash: hash };
}

/** The file under its name is the one of before, or the whole new one. */
async function replaceFile<T>(
  path: string,
  work: (write: (text: string) => Promise<void>) => Promise<T>,
): Promise<T> {
  const partial = `${path}.partial`;
  try {
    const done = await writeFile(partial, work);
    await rename(partial, path);
    return done;
  } catch (error) {
    await rm(partial, { force: true });
    if (!(error instanceof Error) || !('syscall' in error)) throw error;
    throw new Stop(exitCode.failed, `${path} cannot be written: ${error.message}`, { cause: error });
  }
}

async function writeFile<T>(
  path: string,
  work: (write: (text: string) => Promise<void>) => Promise<T>,
): Promise<T> {
  const file = await open(path, 'w', 0o600);
  try {
    return await work((text) => file.appendFile(text));
  } finally {
    await file.close();
  }
}
