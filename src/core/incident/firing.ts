import { createHash } from 'node:crypto';
import { own } from '../own.ts';
import { isWorse } from '../severity.ts';
import type { Recorded } from '../stream.ts';
import type { Alert } from '../source.ts';
import type { IncidentEvent } from './event.ts';
import type { FiringAlert, Incident } from './state.ts';

/** More than a card, a page and their links show; and room for those by which the incident becomes worse. */
const keptWhole = 20;
const keptWholeOfWorse = 40;

type Fired = Recorded<Extract<IncidentEvent, { type: 'alert.fired' }>>;
type Firing = Pick<Incident, 'firing' | 'moreFiring'>;

/**
 * What fires, with one more. Of a storm, what nobody is shown is kept by a digest: the timeline has its words. And it is
 * kept in two layers of buckets, so that one more alert among thousands costs no copy of thousands.
 */
export function withFiring(state: Firing & Pick<Incident, 'severity'>, event: Fired): Firing {
  const { fingerprint, title, summary, severity, url, dashboard, runbook, by } = event;
  const place = event.place === undefined ? {} : { place: event.place };
  const { firing, moreFiring } = state;
  const known = firingAlert(state, fingerprint);
  const room = isWorse(severity, state.severity) ? keptWholeOfWorse : keptWhole;
  const isWhole = (known && known.words === undefined) || Object.keys(firing).length < room;
  if (!isWhole) {
    const words = digest(summary);
    const alert: FiringAlert = { title, summary: '', severity, url: undefined, words, ...place };
    return Object.hasOwn(firing, fingerprint)
      ? { firing: { ...firing, [fingerprint]: alert }, moreFiring }
      : { firing, moreFiring: changeMore(moreFiring, fingerprint, alert) };
  }
  const source = by.kind === 'source' ? by.name : undefined;
  const alert: FiringAlert = { title, summary, severity, url, dashboard, runbook, source, ...place };
  const { moreFiring: others } = withoutFiring(state, fingerprint);
  return { firing: { ...firing, [fingerprint]: alert }, moreFiring: others };
}

/** What fires, without one of them. */
export function withoutFiring({ firing, moreFiring }: Firing, fingerprint: string): Firing {
  if (!Object.hasOwn(firing, fingerprint))
    return { firing, moreFiring: moreFiring && changeMore(moreFiring, fingerprint, undefined) };
  const { [fingerprint]: _gone, ...others } = firing;
  return { firing: others, moreFiring };
}

export function firingAlert({ firing, moreFiring }: Firing, fingerprint: string): FiringAlert | undefined {
  const whole = own(firing, fingerprint);
  if (whole || !moreFiring) return whole;
  const [layer, bucket] = bucketOf(fingerprint);
  return own(moreFiring.in[layer]?.[bucket] ?? {}, fingerprint);
}

export function firingCount({ firing, moreFiring }: Firing): number {
  return Object.keys(firing).length + (moreFiring?.count ?? 0);
}

/** By their fingerprints, those that are shown first at the beginning. */
export function allFiring({ firing, moreFiring }: Firing): readonly (readonly [string, FiringAlert])[] {
  const buckets = Object.values(moreFiring?.in ?? {}).flatMap((layer) => Object.values(layer));
  return [firing, ...buckets].flatMap((each) => Object.entries(each));
}

/** Whether an alert that fires already says nothing new. */
export function saysTheSame(
  known: Pick<FiringAlert, 'summary' | 'words'>,
  { summary }: Pick<Alert, 'summary'>,
): boolean {
  return known.words === undefined
    ? wordsOf(known.summary) === wordsOf(summary)
    : known.words === digest(summary);
}

/** Those beyond the first ones, after one of them fires as it does now; undefined: it fires no more. */
function changeMore(
  more: Incident['moreFiring'],
  fingerprint: string,
  alert: FiringAlert | undefined,
): Incident['moreFiring'] {
  const { count, in: layers } = more ?? { count: 0, in: {} };
  const [layer, bucket] = bucketOf(fingerprint);
  const { [fingerprint]: known, ...others } = layers[layer]?.[bucket] ?? {};
  const filled = alert ? { ...others, [fingerprint]: alert } : others;
  return {
    count: count + Number(alert !== undefined) - Number(known !== undefined),
    in: { ...layers, [layer]: { ...layers[layer], [bucket]: filled } },
  };
}

function bucketOf(fingerprint: string): readonly [layer: number, bucket: number] {
  const [layer = 0, bucket = 0] = createHash('sha256').update(fingerprint).digest();
  return [layer % 32, bucket % 32];
}

/** A number that moves all the time is no news. */
function wordsOf(text: string): string {
  return text.replace(/\d+(?:[.,]\d+)*/g, '#');
}

function digest(summary: string): string {
  return createHash('sha256').update(wordsOf(summary)).digest('base64url').slice(0, 16);
}
