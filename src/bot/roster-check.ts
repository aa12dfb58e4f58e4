import type { WebClient } from '@slack/web-api';
import { schedule } from 'node-cron';
import { z } from 'zod';
import type { Settings } from '../config.ts';
import type { Clock } from '../core/clock.ts';
import { emptyRungs } from '../core/incident/reach.ts';
import { sayEmptyRungs } from '../core/incident/say-climbs.ts';
import type { Policies } from '../core/policies/policies.ts';
import type { RosterPolicy } from '../core/policies/roster.ts';
import { reachesBy } from '../doctor/contact.ts';
import type { Engine } from '../engine/engine.ts';
import type { Log } from '../engine/log.ts';
import { lookUpUser, type SlackClients } from '../slack/clients.ts';
import type { Store } from '../store/store.ts';
import { oneOfAll } from './schedule.ts';
import { shoutOnce } from './shout-once.ts';

const minute = 60_000;
const day = 24 * 60 * minute;
/** When somebody reads it who can still ask around: 08:07 UTC. */
const timeOfDay = (8 * 60 + 7) * minute;
/** Long enough to find somebody else, and short enough that nobody gets used to the warning. */
const lookAhead = 7 * day;
const checkedAt = 'roster-checked-at';

export interface RosterCheckParts {
  readonly store: Store;
  readonly engine: Pick<Engine, 'poke'>;
  readonly policies: () => Policies;
  readonly settings: Pick<Settings, 'pagerduty' | 'mail'>;
  readonly clients: Pick<SlackClients, 'timeline'>;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Once a day, warns in the emergency conversation of rungs that will page nobody; says nothing when there are none.
 * A day that was missed while the bot was down is made up for at the start. Returns how to stop it.
 */
export async function startRosterCheck(parts: RosterCheckParts): Promise<() => Promise<void>> {
  const { store, clock, log } = parts;
  const stopping = new AbortController();
  const check = async (): Promise<void> => {
    try {
      const found = await checkRoster(parts, stopping.signal);
      log.info({ rungs: found }, 'the roster was checked');
    } catch (error) {
      // What was cut short is made up for at the next start.
      if (!stopping.signal.aborted) log.error({ error }, 'the roster could not be checked');
    }
  };
  const last = await store.readMark(checkedAt);
  if (last === undefined) await store.writeMark(checkedAt, String(clock.now()));
  const due = Math.floor((clock.now() - timeOfDay) / day) * day + timeOfDay;
  const missed = last !== undefined && Number(last) < due;
  if (missed) void check();
  const daily = schedule('7 8 * * *', check, {
    timezone: 'Etc/UTC',
    noOverlap: true,
    name: 'roster-check',
    ...oneOfAll(store),
  });
  return async () => {
    // With a Slack that does not answer, a look at everybody takes minutes; nobody waits for it.
    stopping.abort();
    await daily.destroy();
  };
}

/**
 * @returns how many rungs will page nobody
 * @throws when it is told to stop before it is done; it says nothing then
 */
export async function checkRoster(
  parts: RosterCheckParts,
  stop: AbortSignal = new AbortController().signal,
): Promise<number> {
  const { store, settings, clients, clock } = parts;
  const now = clock.now();
  const policies = parts.policies();
  const closed = await closedAccounts(clients.timeline, policies.roster, stop);
  const configured = reachesBy(settings);
  const empty = emptyRungs(
    policies,
    (page) => configured(page) && !(page.by === 'slack' && page.to.every((id) => closed.has(id))),
    now,
    now + lookAhead,
  );
  if (empty.length > 0) {
    const id = `roster-check/${new Date(now).toISOString().slice(0, 10)}`;
    const text = [
      `In the next ${lookAhead / day} days these rungs will page nobody:`,
      ...sayEmptyRungs(empty, now).map((line) => `• ${line}`),
      'Change roster.yml or escalation.yml. More: /lastgood doctor',
    ].join('\n');
    // Under the day's name: a second check of the same day says nothing twice.
    await shoutOnce({ ...parts, now: () => now })(id, { text });
  }
  await store.writeMark(checkedAt, String(now));
  return empty.length;
}

const account = z.object({ deleted: z.boolean().default(false) });

/** Accounts that Slack says are closed. One that cannot be looked up counts as open: that alone is no reason to warn. */
async function closedAccounts(
  client: WebClient,
  roster: RosterPolicy,
  stop: AbortSignal,
): Promise<ReadonlySet<string>> {
  const ids = Object.values(roster.people).flatMap(({ slack }) => slack);
  const closed = new Set<string>();
  for (const id of ids) {
    const user = await lookUpUser(client, id).catch(() => undefined);
    stop.throwIfAborted();
    if (account.safeParse(user).data?.deleted === true) closed.add(id);
  }
  return closed;
}
