import { setTimeout as sleep } from 'node:timers/promises';
import { nothingGoesOut } from '../bot/backlog.ts';
import type { Answer } from '../core/answer.ts';
import type { CommandAnswer } from '../http/api/command-shapes.ts';
import { botApi, type Told } from './bot-api.ts';
import { readBotAddress } from './bot-address.ts';
import { environmentHere } from './environment.ts';
import { exitCode, Stop, type ExitCode } from './exit.ts';
import { followOperation } from './follow.ts';
import { asTyped } from './in-terminal.ts';
import { watchNotes, type NotesWatch } from './notes.ts';
import { exitCodeOf, printable, printAnswer, printJson } from './print.ts';
import { withProgress } from './progress.ts';

/** A slash command without its slash, and the words behind it. */
export interface Said {
  readonly command: string;
  readonly line: string;
}

export interface SayOptions {
  readonly json: boolean;
  readonly wait: boolean;
  readonly offline: boolean;
  readonly as: string | undefined;
}

/** Says it to the running bot, or does it on the store of one that is down, and prints what came of it. */
export async function sayVerb(said: Said, { json, wait, offline, as }: SayOptions): Promise<ExitCode> {
  if (as !== undefined && !offline)
    throw new Stop(exitCode.usage, '--as goes with --offline: the running bot knows you by LASTGOOD_TOKEN.');
  if (offline && wait)
    throw new Stop(exitCode.usage, '--wait needs the running bot: with --offline nothing is carried out.');
  const env = environmentHere();
  if (offline) {
    // What opens a store is heavy, and seldom needed.
    const { sayOffline } = await import('./offline.ts');
    return give(await sayOffline(said, env, as), json);
  }
  const address = readBotAddress(env);
  const bot = botApi(address);
  const told = await withProgress(`Waiting for ${address.url}`, bot.say(said.command, said.line), {
    quiet: json,
  });
  if (told.kind === 'declined') return decline(told, json);
  const { answer } = told;
  const notes = watchNotes(bot.notes);
  if (!json) printAnswer(answer);
  const noted = await troubleAfter(answer, notes);
  const operation = answer.tone === 'done' ? operationOf(answer) : undefined;
  const isUnheard = goesNowhere(notes) && isRequest(said) && operation !== undefined;
  if (!json)
    tell([...noted, ...(isUnheard ? [`! Nobody may hear of ${operation}: tell them yourself.`] : [])]);
  if (wait && operation !== undefined) {
    // A program reads them once, at the end.
    const how = { quiet: json, notes: json ? undefined : notes };
    const followed = await followOperation(bot, operation, how);
    if (json) {
      await notes.news();
      printJson({ ...answer, operation: followed.operation, notes: notes.latest() });
    }
    return followed.code;
  }
  if (wait && answer.tone === 'done') tell(['Nothing to wait for: this led to no operation.']);
  if (json) printJson({ ...answer, notes: notes.latest() });
  return exitCodeOf(answer.tone);
}

/** What it led to goes out a moment later than its answer; sooner nobody can know whether it does. */
const goesOutWithin = 300;

async function troubleAfter({ tone }: Answer, notes: NotesWatch): Promise<readonly string[]> {
  const before = await notes.news();
  if (tone !== 'done' || goesNowhere(notes)) return before;
  await sleep(goesOutWithin);
  return [...before, ...(await notes.news())];
}

function goesNowhere(notes: NotesWatch): boolean {
  return notes.latest().some((note) => note.startsWith(nothingGoesOut));
}

function operationOf({ stream }: CommandAnswer): string | undefined {
  return stream?.startsWith('OP-') === true ? stream : undefined;
}

function isRequest({ command }: Said): boolean {
  return command === 'rollback' || command === 'promote';
}

function tell(lines: readonly string[]): void {
  if (lines.length > 0) process.stderr.write(`${lines.join('\n')}\n`);
}

function give(answer: Answer, json: boolean): ExitCode {
  if (json) printJson(answer);
  else printAnswer(answer);
  return exitCodeOf(answer.tone);
}

/** A token that is not let in is a setting to correct; the rest is what it says. */
function decline({ status, error }: Extract<Told, { kind: 'declined' }>, json: boolean): ExitCode {
  if (json) printJson({ error });
  else process.stderr.write(`${printable(asTyped(error))}\n`);
  return status === 401 ? exitCode.configuration : exitCode.failed;
}
