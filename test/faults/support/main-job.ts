import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { registryFile } from '../../../src/bot/registry.ts';
import { apiTokens } from '../../../src/sandbox/api-tokens.ts';
import { conversations, people } from '../../../src/sandbox/cast.ts';
import { buttonsOf, cardOf } from '../../support/shown-buttons.ts';
import type { Neighbourhood } from './neighbourhood.ts';
import { pause, until } from './process.ts';

const incidents = conversations.incidents.id;
/** A bot that dies forty times in a night keeps everybody waiting, most of all on a busy machine. */
const minutes = 300_000;

/** Policies under which the main job takes seconds: two rungs, and nothing follows them. */
export const quickPolicies = { 'escalation.yml': quickLadder };

/**
 * The main job, as far as it shows from outside: an alert, two rungs, somebody has it, a rollback that is stopped half
 * way, and one that is not, and the end. Everybody does again what was not answered, as monitoring, Slack and people do.
 * @param town among whom a bot runs, or is started again whenever it dies
 * @param watch told of each stage before it begins
 */
export async function playMainJob(
  town: Neighbourhood,
  watch: (stage: Stage) => void = () => undefined,
): Promise<Played> {
  const { slack, github, pagerduty, mail, folders } = town;

  /** Until it is taken; a bot that is down is tried again soon, and whoever was answered goes on. */
  async function insist(what: string, send: () => Promise<number | undefined>): Promise<void> {
    await until(
      `${what} is taken`,
      async () => {
        const status = await send();
        if (status !== undefined && status >= 200 && status < 300) return true;
        await pause(100);
        return false;
      },
      minutes,
    );
  }
  const seen = (what: string, look: () => unknown): Promise<unknown> =>
    until(what, () => Boolean(look()), minutes);
  const types = (command: string, text: string): Promise<void> =>
    insist(
      `${command} ${text}`,
      async () => (await slack.as(people.ana.id).command(incidents, command, text)).status,
    );
  /** A button that is gone has been pressed, whatever whoever pressed it was told. */
  const presses = async (
    who: { readonly id: string },
    name: string | { readonly actionId: string; readonly value: string },
    card: string,
  ): Promise<void> => {
    const { actionId, value } = typeof name === 'string' ? { actionId: name, value: '' } : name;
    const shown = () =>
      buttonsOf(slack).find(
        ({ click, ...button }) =>
          button.card === card &&
          !button.inDirectMessage &&
          click.actionId === actionId &&
          click.value.includes(value),
      );
    await seen(`${card} has ${actionId}`, shown);
    await insist(`${actionId} on ${card}`, async () => {
      const { click } = shown() ?? {};
      return click ? (await slack.as(who.id).clickStale(click)).status : 200;
    });
  };
  const cardSays = (card: string, words: string): boolean =>
    town
      .posted()
      .some(
        ({ text, blocks, thread_ts }) =>
          thread_ts === undefined && cardOf(text) === card && JSON.stringify(blocks).includes(words),
      );
  const alert = (status: 'firing' | 'resolved'): Promise<void> =>
    insist(`the alert is ${status}`, () =>
      town.alert({ key: 'down', status, title: 'Nobody can pay', service: 'checkout', severity: 'critical' }),
    );

  watch('alert');
  await alert('firing');
  // A mail that went out when its sender died goes out again, under the same id.
  const mails = () => new Set(mail.mails().map(({ headers }) => headers['message-id']));
  await seen('Ben is called', () => pagerduty.alerts().length === 2 && mails().size >= 2);
  await seen('there is a card', () => cardSays('INC-1', 'Nobody can pay'));
  watch('acknowledge');
  await presses(people.ana, 'incident.acknowledge', 'INC-1');
  await seen('Ana has it', () => cardSays('INC-1', 'Acknowledged'));

  /** Asks for it until a workflow runs: what nobody knows is looked at, and then asked for again. */
  const asked: string[] = [];
  const rollBack = async (version: string): Promise<string> => {
    const operation = `OP-${asked.push(version)}`;
    const begun = github.runs().length;
    await types('/rollback', `stable ${version} checkout answers 500`);
    await presses(people.ben, 'operation.approve', operation);
    const isUnknown = () => cardSays(operation, 'Nobody knows how it ended');
    await seen('a workflow runs', () => github.runs().length > begun || isUnknown());
    if (github.runs().length > begun) return operation;
    const { ben } = people;
    await presses(ben, { actionId: 'operation.settle', value: '"failed"' }, operation);
    await seen('Ben has looked', () => !isUnknown());
    return rollBack(version);
  };

  watch('stopped rollback');
  github.setRunBehaviour({ ends: 'never', after: { polls: 1 } });
  const stopped = await rollBack('1.4.1');
  await seen('it is in progress', () => github.runs()[0]?.status === 'in_progress');
  watch('stop');
  await presses(people.ana, 'operation.abort', stopped);
  await seen('it was stopped', () => cardSays(stopped, '*Failed.*'));

  watch('rollback');
  const done = await rollBack('1.4.2');
  watch('verify');
  // Not before: whoever watches has had the time for it, however slow the machine.
  github.setRunBehaviour({ ends: 'success', after: { polls: 1 } });
  await seen('it is done', () => cardSays(done, '*Done.*'));

  watch('resolve');
  await alert('resolved');
  await seen('the card says so', () => cardSays('INC-1', 'All alerts are resolved'));
  await types('/incident', 'resolve INC-1 back on 1.4.2');
  await seen('the post-mortem is there', () => town.posted().some(({ text }) => /post-mortem/i.test(text)));
  const registry = join(folders.securityDir, registryFile);
  await until('everybody can read what is live', async () =>
    /"stable":\s*\{\s*"version":\s*"1\.4\.2"/.test(await readFile(registry, 'utf8')),
  );
  // Whoever audits has a head sealed over all of it first.
  await insist('the audit', async () => {
    const headers = { authorization: `Bearer ${apiTokens.reader}` };
    const answer = await fetch(`${town.url()}/api/v1/audit`, { headers }).catch(() => undefined);
    return answer?.status;
  });
  return { stopped, done };
}

export interface Played {
  /** The operation that was stopped, and the one that was not; any other ended as nobody knew. */
  readonly stopped: string;
  readonly done: string;
}

export type Stage = 'alert' | 'acknowledge' | 'stopped rollback' | 'stop' | 'rollback' | 'verify' | 'resolve';

function quickLadder(): string {
  const page = (level: string) => `[{ on_call: ${level}, by: [pagerduty, slack, mail] }]`;
  const ladder = [
    '      rungs:',
    `        - { after: 0s, page: ${page('primary')} }`,
    `        - { after: 1s, page: ${page('secondary')} }`,
    '      at_end: { times: 0, then_every: 1h }',
  ].join('\n');
  return [
    'policies:',
    '  default:',
    ...['P0', 'P1', 'P2', 'P3'].map((level) => `    ${level}:\n${ladder}`),
  ].join('\n');
}
