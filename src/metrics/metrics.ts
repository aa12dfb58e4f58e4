import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { PageLabel } from './kind-of-effect.ts';
import { pageMeans } from '../core/effect.ts';
import { severities } from '../core/severity.ts';
import { ofProcess } from './of-process.ts';

/**
 * How something that came over a wire was answered; `unchanged`: it says what is known, and was not stored;
 * `unavailable`: it could not be stored.
 */
export const results = [
  'accepted',
  'repeated',
  'unchanged',
  'unauthentic',
  'malformed',
  'too-large',
  'unavailable',
] as const;
export type Result = (typeof results)[number];

/** How an attempt on an effect ended; `running`: it goes on elsewhere. */
export const outcomes = ['done', 'failed', 'unknown', 'withheld', 'retried', 'running'] as const;
export type AttemptOutcome = (typeof outcomes)[number];

/** The promise is a minute at p99.9: the bucket that ends there decides, and those beyond say by how much. */
const pageBuckets = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 45, 60, 90, 120, 300, 900, 3_600];
const latenessBuckets = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 7_200];
const storeBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/**
 * Every metric of Lastgood, in a registry of its own. Labels take their values from the program and the contract, never
 * from a body, a policy or a person: `docs/monitoring.md` explains each of them.
 */
export function createMetrics(options: {
  /** Whatever can be received; a counter that first appears with its first event hides that event from `increase()`. */
  readonly sources: readonly string[];
  readonly build: { readonly version: string; readonly store: 'sqlite' | 'postgres' };
}) {
  const { sources, build } = options;
  const registry = new Registry();
  const about = <Label extends string>(name: string, help: string, labelNames: readonly Label[]) => ({
    name: `lastgood_${name}`,
    help,
    labelNames: [...labelNames],
    registers: [registry],
  });
  const counter = <Label extends string>(name: string, help: string, ...labels: readonly Label[]) =>
    new Counter<Label>(about(name, help, labels));
  const gauge = <Label extends string>(name: string, help: string, ...labels: readonly Label[]) =>
    new Gauge<Label>(about(name, help, labels));
  const histogram = <Label extends string>(
    name: string,
    help: string,
    buckets: readonly number[],
    ...labels: readonly Label[]
  ) => new Histogram<Label>({ ...about(name, help, labels), buckets: [...buckets] });

  const metrics = {
    // Counted by this process, from its start on.
    received: counter(
      'received_total',
      'What came in, by who sent it and how it was answered.',
      'source',
      'result',
    ),
    quarantined: counter(
      'quarantined_total',
      'What was accepted and could not be understood; it is kept, and somebody is told.',
      'source',
    ),
    pageSeconds: histogram(
      'page_seconds',
      'From the event that decided a page to its hand-over to the provider.',
      pageBuckets,
      'pager',
      'severity',
    ),
    attempts: counter(
      'effect_attempts_total',
      'Attempts on effects, by how they ended.',
      'effect',
      'outcome',
    ),
    lateness: histogram(
      'wake_lateness_seconds',
      'How much after its time what was due was decided and stored; rung: somebody was called.',
      latenessBuckets,
      'what',
    ),
    incidents: counter('incidents_opened_total', 'Incidents opened.', 'severity'),
    operations: counter('operations_total', 'Operations that came to an end.', 'kind', 'outcome'),
    approvals: counter('approvals_total', 'What people answered who were asked to approve.', 'result'),
    refusals: counter('refusals_total', 'What was refused, by code.', 'code'),
    storeSeconds: histogram(
      'store_seconds',
      'How long the store took, to the disk and back.',
      storeBuckets,
      'work',
    ),
    storeFailures: counter('store_failures_total', 'What the store did not take.', 'work'),
    // Read from the store when somebody asks: the same of every replica.
    outbox: gauge('outbox', 'Effects that wait to go out or are on their way.', 'effect', 'status'),
    outboxOldest: gauge('outbox_oldest_seconds', 'Age of the oldest of these.', 'effect'),
    inbox: gauge('inbox', 'What was accepted and not yet read.', 'source'),
    inboxOldest: gauge('inbox_oldest_seconds', 'Age of the oldest of these.', 'source'),
    overdue: gauge('wakes_overdue', 'Rungs and other wake-ups that are due and have not fired.'),
    overdueOldest: gauge('wakes_overdue_oldest_seconds', 'How late the latest of these is.'),
    openIncidents: gauge('incidents_open', 'Open incidents.', 'severity'),
    openOperations: gauge('operations_open', 'Open operations; unknown holds its channel.', 'kind', 'status'),
    frozen: gauge('frozen', 'Whether nothing is executed until two people lift the freeze.'),
    // Of this process, at the moment.
    storeUp: gauge('store_up', 'Whether the store could be read for this scrape.'),
    ready: gauge('ready', 'What /readyz says: something sent to this process now would be kept.'),
    audit: gauge('self_audit_passed', 'Whether the last audit of itself passed.'),
    auditAt: gauge('self_audit_timestamp_seconds', 'When that was.'),
    heartbeatAt: gauge('heartbeat_timestamp_seconds', 'When the outside switch last took a sign of life.'),
    heartbeatFit: gauge('heartbeat_fit', 'Whether the last look found that a sign of life may be given.'),
  };
  gauge('build_info', 'Which Lastgood, on which Node, with which store.', 'version', 'node', 'store').set(
    { ...build, node: process.version },
    1,
  );

  for (const source of sources) {
    for (const result of results) metrics.received.inc({ source, result }, 0);
    metrics.quarantined.inc({ source }, 0);
  }
  for (const pager of pageMeans) {
    for (const severity of severities) metrics.pageSeconds.zero({ pager, severity });
    const effect: PageLabel = `page.${pager}`;
    for (const outcome of outcomes) metrics.attempts.inc({ effect, outcome }, 0);
  }
  for (const severity of severities) metrics.incidents.inc({ severity }, 0);
  for (const work of ['receive', 'transact'] as const) {
    metrics.storeSeconds.zero({ work });
    metrics.storeFailures.inc({ work }, 0);
  }
  metrics.lateness.zero({ what: 'rung' });

  // Absent until it is known: a switch that is not configured has heard of nobody, and that is no trouble.
  for (const each of [metrics.audit, metrics.auditAt, metrics.heartbeatAt, metrics.heartbeatFit])
    each.remove();
  for (const result of ['given', 'rejected', 'refused']) metrics.approvals.inc({ result }, 0);

  return {
    ...metrics,
    /** A label for whoever sent something: whatever is not known by name goes without one. */
    source: (name: string) => (sources.includes(name) ? name : 'other'),
    contentType: registry.contentType,
    /** In Prometheus' text format, with what Node tells of the process. */
    text: () => Registry.merge([ofProcess(), registry]).metrics(),
  };
}

export type Metrics = ReturnType<typeof createMetrics>;
