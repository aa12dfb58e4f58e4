import type { Envelope, Submitted } from '../core/envelope.ts';
import { channelOfDeployment } from '../core/policies/deployments.ts';
import type { Policies } from '../core/policies/policies.ts';
import type { Ignored, KeptHeaders } from '../core/source.ts';
import type { Instant } from '../core/time.ts';
import type { Engine } from '../engine/engine.ts';
import { NotNow, type InboxReader } from '../engine/inbox.ts';
import type { Log } from '../engine/log.ts';
import { readDeployment } from '../sources/github.ts';
import { alertSources } from '../sources/index.ts';
import { readPagerdutyEvent } from '../sources/pagerduty.ts';
import type { InboxItem, Store } from '../store/store.ts';
import { pagerdutyActor } from '../trust/pagerduty-identity.ts';
import { endWhereItFires } from './alert-ends.ts';
import { alertIntents } from './alerts.ts';
import { inParts } from './in-parts.ts';
import { rememberLastSaid } from './last-said.ts';
import type { Repeats } from './repeats.ts';
import { readWebhookItem, webhookKey } from './webhook-item.ts';

/** What a webhook asks for, or why it asks for nothing. @throws MalformedBody */
type Read = (
  body: Buffer,
  headers: KeptHeaders,
  at: Instant,
  policies: Policies,
) => readonly Envelope[] | Ignored;

/**
 * Everything that webhooks may ask for, by their source: alerts; from PagerDuty, what people did to our pages there;
 * from GitHub, what was deployed. None of it can approve anything: no intent of these goes to an operation.
 */
const readers: ReadonlyMap<string, Read> = new Map<string, Read>([
  ...[...alertSources].map(([name, source]): [string, Read] => [
    name,
    (body, headers, at, policies) => {
      const alerts = source.parse(body, headers);
      return 'ignored' in alerts ? alerts : alertIntents(alerts, name, at, policies);
    },
  ]),
  ['pagerduty', readPagerduty],
  ['github', readGithub],
]);

/** Where webhooks come from; they are read in the order in which they came. */
export const webhookSources: readonly string[] = [...readers.keys()];

/** What these say is decided by what they say, and by nothing but it: Sentry's words are compared with its last. */
export function mayRepeat(source: string): boolean {
  return alertSources.has(source) && source !== 'sentry';
}

/** Reads webhooks into intents, in the order in which they came. */
export function webhookReaders(options: {
  readonly store: Store;
  readonly engine: Engine;
  readonly policies: () => Policies;
  // The time of reading: pages for an alert that had to wait are as urgent as for one that did not.
  readonly now: () => Instant;
  readonly log: Log;
  /** Left out: whatever is said again is decided again. */
  readonly repeats?: Repeats;
}): readonly InboxReader[] {
  const { store, engine, policies, now, log, repeats } = options;
  const lastSaid = rememberLastSaid(store);

  async function ignore({ id }: InboxItem, why: string): Promise<void> {
    log.info({ item: id, why }, 'a webhook changes nothing');
    await store.transact((transaction) => transaction.settleInbox(id, 'done', why));
  }

  /** One may be longer than anybody waits for a transaction. */
  async function readAlone(
    id: string,
    envelopes: readonly Envelope[],
    key: string | undefined,
    inForce: Policies,
  ): Promise<void> {
    const isOurs = store.lease();
    const parts = inParts(envelopes);
    const last = parts.at(-1) ?? [];
    for (const part of parts.slice(0, -1)) {
      await engine.submit(part);
      // Another process may be reading what came after it.
      if (!isOurs()) throw new NotNow('this may be another process’s to read by now');
    }
    const { unmoved } = await engine.submit(last, { settles: id });
    // What had to be decided in parts is decided again.
    if (parts.length === 1) remember(key, inForce, last, unmoved);
  }

  function remember(
    key: string | undefined,
    inForce: Policies,
    envelopes: readonly Envelope[],
    unmoved: Submitted['unmoved'],
  ): void {
    const met = envelopes.flatMap((envelope) => unmoved?.get(envelope) ?? []);
    if (key !== undefined && met.length === envelopes.length) repeats?.remember(key, inForce, met);
  }

  async function readTogether(items: readonly InboxItem[]): Promise<void> {
    const all = items.map((item) => ({ item, ...readWebhookItem(item) }));
    const keys = all.map(({ item: { source }, headers, body }) =>
      repeats && mayRepeat(source) ? webhookKey(source, headers, body) : undefined,
    );
    const repeated = (await repeats?.changingNothing(keys)) ?? 0;
    if (repeated > 0)
      await store.transact(async (transaction) => {
        for (const { id } of items.slice(0, repeated)) await transaction.settleInbox(id, 'done');
      });
    const inForce = policies();
    const fresh = all.slice(repeated).map(({ item, headers, body }, index) => {
      const meaning = readers.get(item.source)?.(body, headers, now(), inForce) ?? [];
      return { item, key: keys[repeated + index], meaning };
    });
    const asking = await endWhereItFires(
      store,
      fresh.flatMap(({ item, key, meaning }) =>
        'ignored' in meaning ? [] : [{ id: item.id, key, envelopes: meaning }],
      ),
    );
    const [first, ...others] = asking;
    if (first && others.length === 0) await readAlone(first.id, first.envelopes, first.key, inForce);
    else if (first) {
      const asked = asking.flatMap(({ envelopes }) => envelopes);
      const alsoSettles = others.map(({ id }) => id);
      const { unmoved } = await engine.submit(asked, { settles: first.id, alsoSettles });
      for (const { key, envelopes } of asking) remember(key, inForce, envelopes, unmoved);
    }
    // They change nothing, so that they may also be settled behind the others, or read once more.
    for (const { item, meaning } of fresh) if ('ignored' in meaning) await ignore(item, meaning.ignored);
  }

  async function readSentry(item: InboxItem): Promise<void> {
    const { body, headers } = readWebhookItem(item);
    const meaning = (await lastSaid.isRepeated(body))
      ? { ignored: 'it is what was said last about this metric alert' }
      : (readers.get(item.source)?.(body, headers, now(), policies()) ?? []);
    if ('ignored' in meaning) return ignore(item, meaning.ignored);
    await lastSaid.forget(body);
    const [asking] = await endWhereItFires(store, [{ key: undefined, envelopes: meaning }]);
    await engine.submit(asking?.envelopes ?? [], { settles: item.id });
    await lastSaid.remember(body);
  }

  // What Sentry says is compared with what it said last, which each of its items changes.
  return webhookSources.map((source): InboxReader =>
    source === 'sentry'
      ? { source, inOrder: true, read: readSentry }
      : { source, inOrder: true, read: (item) => readTogether([item]), readTogether },
  );
}

function readPagerduty(
  body: Buffer,
  _headers: KeptHeaders,
  at: Instant,
  policies: Policies,
): readonly Envelope[] | Ignored {
  const read = readPagerdutyEvent(body);
  if ('ignored' in read) return read;
  const { incident, report } = read;
  const by = pagerdutyActor(report.user?.id, policies.roster);
  return [{ to: { kind: 'incident', id: incident }, at, by, intent: report }];
}

function readGithub(
  body: Buffer,
  headers: KeptHeaders,
  at: Instant,
  { channels }: Policies,
): readonly Envelope[] | Ignored {
  const read = readDeployment(body, headers);
  if ('ignored' in read) return read;
  const { repository, environment, version, url, id } = read;
  const channel = channelOfDeployment(channels, read);
  if (!channel) {
    return { ignored: `no channel of channels.yml has the environment ${environment} of ${repository}` };
  }
  return [
    {
      to: { kind: 'channel', id: `channel:${channel.app}/${channel.channel}` },
      at,
      by: { kind: 'source', name: 'github' },
      intent: { type: 'deployment.report', version, url, at: read.at, id: `github/${id}` },
    },
  ];
}
