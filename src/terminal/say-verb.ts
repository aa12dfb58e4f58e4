import type { Answer } from '../core/answer.ts';
import { botApi, type Told } from './bot-api.ts';
import { readBotAddress } from './bot-address.ts';
import { environmentHere } from './environment.ts';
import { exitCode, Stop, type ExitCode } from './exit.ts';
import { followOperation } from './follow.ts';
import { asTyped } from './in-terminal.ts';
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
  if (!wait || answer.tone !== 'done') return give(answer, json);
  if (answer.stream?.startsWith('OP-') !== true) {
    process.stderr.write('Nothing to wait for: this led to no operation.\n');
    return give(answer, json);
  }
  if (!json) printAnswer(answer);
  const { code, operation } = await followOperation(bot, answer.stream, { quiet: json });
  if (json) printJson({ ...answer, operation });
  return code;
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
