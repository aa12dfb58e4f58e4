import { receivedCommand } from '../../commands/lastgood-received.ts';
import { answer } from '../core/answer.ts';
import type { EffectOf } from '../core/effect.ts';
import type { Envelope } from '../core/envelope.ts';
import { incidentAlias } from '../core/incident/state.ts';
import type { Policies } from '../core/policies/policies.ts';
import { onCallAt } from '../core/policies/roster.ts';
import type { Instant } from '../core/time.ts';
import { outboxRow } from '../engine/decide.ts';
import type { Engine } from '../engine/engine.ts';
import type { Log } from '../engine/log.ts';
import { answerAddress } from '../slack/answer-address.ts';
import { alertSources } from '../sources/index.ts';
import { cleanText, limits } from '../sources/untrusted.ts';
import { StoreUnavailable, type InboxItem, type Store } from '../store/store.ts';

/**
 * What was accepted and cannot be understood is kept, and people are told. From a source of alerts it may be the worst
 * outage of the year: it opens an incident on the service that takes what nobody claims, and pages. The person behind
 * a command or a click is answered. The rest is shouted in the emergency conversation, and so is an alert for which
 * not even that incident could be opened.
 */
export async function quarantine(
  parts: {
    readonly store: Store;
    readonly engine: Pick<Engine, 'submit' | 'poke'>;
    readonly log: Log;
    readonly slackUrl: string;
  },
  policies: Policies,
  item: InboxItem,
  why: string,
  at: Instant,
): Promise<void> {
  const { store, engine, log, slackUrl } = parts;
  if (alertSources.has(item.source)) {
    try {
      const opening = [unreadableAlert(policies, item, why, at)];
      await engine.submit(opening, { settles: item.id, quarantined: why });
      return;
    } catch (error) {
      if (error instanceof StoreUnavailable) throw error;
      log.error(
        { error, item: item.id },
        'no incident could be opened for an alert that cannot be understood',
      );
    }
  }
  const answers = item.source === 'slack' ? answersTo(item, policies, slackUrl, at) : [];
  await store.transact(async (transaction) => {
    await transaction.settleInbox(item.id, 'quarantined', why);
    await transaction.enqueue([
      outboxRow(`quarantine/${item.id}`, undefined, at, shout(policies, item, why)),
      ...answers.map((effect) => outboxRow(`quarantine/${item.id}/answer`, undefined, at, effect)),
    ]);
  });
  engine.poke();
}

function shout({ notifications }: Policies, { source, id }: InboxItem, why: string): EffectOf<'page.slack'> {
  const to = notifications.conversations['emergency'] ?? '';
  const text = `Something from ${source} could not be understood, and nobody was paged for it: ${why} To see it: ${receivedCommand(id)}`;
  return { type: 'page.slack', person: undefined, to, text, severity: 'P1' };
}

/** One answer, or none when the item names nowhere to send it. */
function answersTo(
  item: InboxItem,
  { services, roster }: Policies,
  slackUrl: string,
  at: Instant,
): readonly EffectOf<'slack.reply'>[] {
  const url = answerAddress(item, slackUrl);
  if (url === undefined) return [];
  const service = services.services[services.unclaimed];
  const [level = ''] = Object.keys(roster.rotations[service?.rotation ?? ''] ?? {});
  const onCall = onCallAt(roster, service?.rotation ?? '', level, at)
    .map((person) => roster.people[person]?.name ?? person)
    .join(', ');
  const sorry = answer(
    'refused',
    'Lastgood failed on this',
    'Look at the cards before you ask again: a part of it may have been done.',
    `Tell ${onCall || 'whoever is on call'} (${service?.title ?? services.unclaimed}) of it. What came in is kept: ${receivedCommand(item.id)}`,
  );
  return [{ type: 'slack.reply', reply: { url }, answer: sorry }];
}

/** One a source: when it sends a thousand, it is still one thing to look at, and one call. */
function unreadableAlert(
  { services, channels }: Policies,
  { source, id }: InboxItem,
  why: string,
  at: Instant,
): Envelope {
  const service = services.unclaimed;
  const policy = services.services[service];
  if (!policy || !channels.apps[policy.app]) throw new Error(`service ${service} is not in services.yml`);
  const route = {
    service,
    app: policy.app,
    channel: policy.channel,
    // Nobody knows how bad it is: as bad as what wakes people.
    severity: 'P1',
    note: `to see what came: ${receivedCommand(id)}`,
  } as const;
  const alert = {
    fingerprint: `lastgood:unreadable/${source}`,
    status: 'firing',
    title: `An alert from ${source} cannot be understood`,
    summary: cleanText(`${why} Look at ${source} itself: any outage may be behind it.`, limits.summary),
    labels: {},
  } as const;
  return {
    to: { kind: 'incident', alias: incidentAlias(route), open: true },
    at,
    by: { kind: 'source', name: source },
    intent: { type: 'alerts.receive', alerts: [{ alert, route }] },
  };
}
