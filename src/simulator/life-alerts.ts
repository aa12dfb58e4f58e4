import { webhookItem } from '../bot/webhook-item.ts';
import type { Instant } from '../core/time.ts';
import { webhookDoors } from '../trust/webhook-doors.ts';
import { statesOf, type World } from './world.ts';

const doors = new Map(
  webhookDoors({ tokens: {}, secrets: { grafana: [], pagerduty: [], sentry: [], github: [] } }).map(
    (door) => [door.source, door],
  ),
);

/** Sends a webhook as its source does, and remembers it once it was taken. */
export function sendWebhook(
  world: World,
  source: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
  taken: () => void = () => undefined,
): void {
  const door = doors.get(source);
  if (!door) throw new Error(`there is no door for ${source}`);
  const request = { headers, body: Buffer.from(JSON.stringify(body)) };
  world.trace.note(`${source} sends ${JSON.stringify(body).slice(0, 160)}`);
  world.send({
    what: `a webhook of ${source}`,
    tries: 40,
    again: 10_000,
    take: async ({ takeWebhook, clock }) => {
      const behind = world.database.inbox.size;
      const id = await takeWebhook(door, request);
      // What is not stored was known to change nothing: whoever checks has to know that it was said, and when.
      if (id === undefined)
        world.ledger.repeats.push({ behind, item: webhookItem(door, request, clock.now()) });
      return id;
    },
    acknowledged: (id) => {
      if (id !== undefined) world.ledger.acknowledged.add(id);
      taken();
    },
  });
}

/** Something that goes wrong, comes back, and is told by a monitor each time. */
interface Sore {
  readonly source: 'alertmanager' | 'generic';
  readonly name: string;
  readonly service: 'checkout' | 'platform';
  severity: string;
  fires: boolean;
  /** When it began, or ended: a monitor that repeats itself says the same time. */
  since: Instant;
}

/** From one time on, while it fires: word for word the same. */
const repeatedAfter = [0, 5_000, 10_000, 15_000];

const sores: readonly (Pick<Sore, 'source' | 'name' | 'service'> & {
  readonly severities: readonly [string, ...string[]];
})[] = [
  {
    source: 'alertmanager',
    name: 'CheckoutErrors',
    service: 'checkout',
    severities: ['critical', 'warning'],
  },
  { source: 'alertmanager', name: 'CheckoutSlow', service: 'checkout', severities: ['warning', 'high'] },
  { source: 'generic', name: 'payments', service: 'checkout', severities: ['P0', 'P1', 'P3'] },
  { source: 'generic', name: 'disk', service: 'platform', severities: ['P2', 'P1', 'nonsense'] },
  { source: 'alertmanager', name: 'NodeDown', service: 'platform', severities: ['critical', 'info'] },
];

/** Starts a monitor that sees something now and then; returns what tells it once more, now. */
export function startMonitor(world: World): () => void {
  const { dice } = world;
  const all = sores.map((sore): Sore => ({ ...sore, severity: sore.severities[0], fires: false, since: 0 }));

  function turn(): void {
    const place = dice.below(all.length);
    const [sore, kind] = [all[place], sores[place]];
    if (!sore || !kind) return;
    sore.fires = !sore.fires;
    sore.since = world.now();
    if (sore.fires) sore.severity = dice.pick(kind.severities);
    tell(sore);
    // It flaps: the other way round before anybody has looked.
    if (dice.chance(0.2)) world.agenda.after(dice.between(0, 20_000), () => flap(sore));
  }

  function flap(sore: Sore): void {
    if (world.isOver()) return;
    sore.fires = !sore.fires;
    sore.since = world.now();
    tell(sore);
  }

  function repeat(sore: Sore): void {
    const { since } = sore;
    for (const after of repeatedAfter)
      world.agenda.after(after, () => {
        if (!world.isOver() && sore.since === since) tell(sore);
      });
  }

  function tell({ source, name, service, severity, fires, since }: Sore): void {
    const at = new Date(since).toISOString();
    const status = fires ? 'firing' : 'resolved';
    if (source === 'generic') {
      sendWebhook(world, source, {
        key: name,
        status,
        title: `${name} is in trouble`,
        service,
        severity,
        starts_at: at,
      });
      return;
    }
    const labels = { alertname: name, service, severity, job: service };
    const alert = {
      status,
      labels,
      annotations: { summary: name },
      startsAt: at,
      endsAt: fires ? '0001-01-01T00:00:00Z' : at,
      fingerprint: name,
    };
    sendWebhook(world, source, { version: '4', status, receiver: 'bot', groupKey: name, alerts: [alert] });
  }

  return () => {
    if (dice.chance(0.02)) sendWebhook(world, 'alertmanager', { nobody: 'understands this' });
    else if (dice.chance(0.15)) for (const sore of all.filter(({ fires }) => fires)) repeat(sore);
    else turn();
  };
}

/** Somebody acknowledges or resolves in PagerDuty what has called them. */
export function actInPagerduty(world: World): void {
  const { dice, database } = world;
  const incident = dice.pickSome(statesOf(database, 'incident', true));
  const key =
    incident &&
    dice.pickSome([...incident.pagerdutyKeys, ...(incident.pagerdutyPages ?? []).map((page) => page.key)]);
  if (!incident || key === undefined) return;
  const user = dice.pick(['PANA', 'PBEN', 'PDANA', 'PSTRANGER']);
  const deed = dice.pick(['acknowledged', 'acknowledged', 'acknowledged', 'resolved', 'reassigned']);
  sendWebhook(world, 'pagerduty', {
    event: {
      id: `E${dice.below(2 ** 30)}`,
      event_type: `incident.${deed}`,
      occurred_at: iso(world.now()),
      agent: { id: user, type: 'user_reference', summary: user },
      data: { title: 'A page', created_at: iso(incident.openedAt), incident_key: key, assignees: [] },
    },
  });
}

function iso(at: Instant): string {
  return new Date(at).toISOString();
}
