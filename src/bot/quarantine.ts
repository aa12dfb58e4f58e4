import { receivedCommand } from '../../commands/lastgood-received.ts';
import { answer } from '../core/answer.ts';
import type { EffectOf } from '../core/effect.ts';
import type { Envelope } from '../core/envelope.ts';
import type { Policies } from '../core/policies/policies.ts';
import { onCallAt } from '../core/policies/roster.ts';
import type { Instant } from '../core/time.ts';
import { outboxRow } from '../engine/decide.ts';
import type { Engine } from '../engine/engine.ts';
import type { Log } from '../engine/log.ts';
import { answerAddress } from '../slack/answer-address.ts';
import { alertSources } from '../sources/index.ts';
import { StoreUnavailable, type InboxItem, type Store } from '../store/store.ts';
import { lookAtItself, ownAlert } from './own-alert.ts';

/**
 * What was accepted and cannot be understood is kept, and people are told. From a source of alerts it may be the worst
 * outage of the year: it opens an incident on the service that takes what nobody claims, and pages. The person behind
 * a command or a click is answered. The rest is shouted in the emergency conversation, once a source and hour, and so is
 * an alert for which not even that incident could be opened.
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
  // One that sends all its news in the wrong form sends as many as it has news.
  const shouted = `quarantine/${item.source}/${new Date(at).toISOString().slice(0, 13)}`;
  await store.transact(async (transaction) => {
    await transaction.settleInbox(item.id, 'quarantined', why);
    const isTold = (await transaction.outboxRow(shouted)) !== undefined;
    await transaction.enqueue([
      ...(isTold ? [] : [outboxRow(shouted, undefined, at, shout(policies, item, why))]),
      ...answers.map((effect) => outboxRow(`quarantine/${item.id}/answer`, undefined, at, effect)),
    ]);
  });
  engine.poke();
}

function shout({ notifications }: Policies, { source, id }: InboxItem, why: string): EffectOf<'page.slack'> {
  const to = notifications.conversations['emergency'] ?? '';
  const text = `Something from ${source} could not be understood, and nobody was paged for it: ${why} To see it: ${receivedCommand(id)}`;
  const lines = ['More of the kind may follow; within the hour only the log names it.'];
  // Behind an alert there may be any outage; what else there is waits for those who are called.
  const severity = alertSources.has(source) ? 'P1' : 'P2';
  return { type: 'page.slack', person: undefined, to, text, lines, severity };
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
function unreadableAlert(policies: Policies, { source, id }: InboxItem, why: string, at: Instant): Envelope {
  const alert = {
    fingerprint: `lastgood:unreadable/${source}`,
    title: `An alert from ${source} cannot be understood`,
    summary: `${why} ${lookAtItself(source)}`,
    note: `to see what came: ${receivedCommand(id)}`,
  };
  return ownAlert(policies, source, alert, at);
}
