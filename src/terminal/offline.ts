import { userInfo } from 'node:os';
import { interpret } from '../../commands/interpret.ts';
import type { Ask } from '../../commands/verb.ts';
import { createDesk } from '../bot/desk.ts';
import { sayStartFailure } from '../bot/start-failure.ts';
import type { Actor } from '../core/actor.ts';
import { answer, type Answer } from '../core/answer.ts';
import type { Intent } from '../core/intent.ts';
import { own } from '../core/own.ts';
import type { RosterPolicy } from '../core/policies/roster.ts';
import { createEngine } from '../engine/engine.ts';
import { systemClock } from '../engine/system-clock.ts';
import type { Environment } from '../env-file.ts';
import { openSqliteStore } from '../store/sqlite.ts';
import { storeIdOf } from '../store/store-id.ts';
import { isStoreThere, storePath } from '../store/store-path.ts';
import { botSettings, policiesIn } from './bot-settings.ts';
import { noSuch } from './did-you-mean.ts';
import { exitCode, Stop } from './exit.ts';
import type { Said } from './say-verb.ts';

/**
 * Does it on the store of a bot that is down, by the same definitions, rules and engine. Effects are stored and go out
 * when the bot starts again; what would have to go out now, or would then take somebody by surprise, is refused.
 * @param as the person's key in the roster; whoever may write to the store's file is believed
 * @throws Stop 78 when the store cannot be opened, also since the bot runs
 */
export async function sayOffline(said: Said, env: Environment, as: string | undefined): Promise<Answer> {
  const { dataDir, databaseUrl, policiesDir } = botSettings(env, [
    'DATA_DIR',
    'DATABASE_URL',
    'POLICIES_DIR',
  ]);
  if (databaseUrl)
    throw new Stop(
      exitCode.configuration,
      'The store is a database that several bots share, and nobody here knows whether all of them are down. Ask one of them (LASTGOOD_URL), or start one.',
    );
  const policies = await policiesIn(policiesDir);
  const by = whoIs(as, policies.roster);
  const path = storePath(dataDir);
  // Opening would make a new one, in which nothing ever happened.
  if (!(await isStoreThere(path).catch(giveAdvice)))
    throw new Stop(
      exitCode.configuration,
      `There is no store at ${path}. DATA_DIR says where the bot keeps it.`,
    );
  const store = await openSqliteStore({ path }).catch(giveAdvice);
  try {
    const clock = systemClock();
    // Never started: nothing leaves the house, and no clock runs.
    const engine = createEngine({
      store,
      storeId: await storeIdOf(store),
      clock,
      policies: () => policies,
      carriers: [],
      random: Math.random,
      log: { info: toStderr, warn: toStderr, error: toStderr },
    });
    const desk = createDesk(
      store,
      engine,
      () => policies,
      () => Promise.resolve(answer('refused', 'Nobody examines a bot that is down from inside')),
    );
    const asker = { by, at: clock.now(), policies };
    const ask = await desk.understand(asker, (asking) => interpret(said.command, said.line, asking));
    const refused = refusedOffline(ask, said);
    if (refused) return refused;
    if (ask.kind === 'intent' && as === undefined) {
      const known = Object.keys(policies.roster.people).join(', ');
      throw new Stop(exitCode.usage, `Say who you are: --as <your key in roster.yml>.\nKnown: ${known}.`);
    }
    const submitted = await desk.carryOut(ask, asker, {});
    if (ask.kind === 'intent' && submitted.answer.tone === 'done')
      process.stderr.write('Stored. Cards, messages and files follow when the bot starts again.\n');
    return submitted.answer;
  } catch (error) {
    return giveAdvice(error);
  } finally {
    await store.close();
  }
}

function whoIs(as: string | undefined, { people }: RosterPolicy): Actor {
  const user = userInfo().username;
  const account = `os user ${user}`;
  if (as === undefined)
    return { kind: 'person', person: undefined, account, name: user, roles: [], via: 'terminal' };
  const found = own(people, as);
  if (!found) throw noSuch('person in roster.yml', as, Object.keys(people));
  return { kind: 'person', person: as, account, name: found.name, roles: found.roles, via: 'terminal' };
}

/** The same as when the bot does not start on this store. */
function giveAdvice(error: unknown): never {
  if (error instanceof Stop) throw error;
  const { exitCode: code, message } = sayStartFailure(error);
  throw new Stop(code, message, { cause: error });
}

/** What only changes records, or keeps something from happening, is done at once. */
const harmless: readonly Intent['type'][] = [
  'channel.set',
  'drift.take',
  'freeze.begin',
  'incident.acknowledge',
  'incident.resolve',
  'operation.reject',
  'operation.abort',
  'operation.settle',
];

function refusedOffline(ask: Ask, { command }: Said): Answer | undefined {
  if (ask.kind !== 'intent' || harmless.includes(ask.intent.type)) return undefined;
  const why = ask.intent.type.startsWith('incident.')
    ? [
        'Nobody would be paged before it is back.',
        'Call them yourself (lastgood oncall --offline says who is on call), and start the bot.',
      ]
    : [
        'What is planned or approved now would be carried out when the bot is back, and nobody expects it any more.',
        'Start the bot; or change production by hand, and then say what is live: lastgood channels set <channel> <version> <reason…> --offline --as <you>',
      ];
  return answer('refused', `Not while the bot is down: /${command}`, ...why);
}

function toStderr(fields: Readonly<Record<string, unknown>>, message: string): void {
  const { error } = fields;
  process.stderr.write(`${message}${error instanceof Error ? `: ${error.message}` : ''}\n`);
}
