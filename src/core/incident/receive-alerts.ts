import { isWorse, worst } from '../severity.ts';
import { nothing, type Context, type Decision, type Message, type Tell } from '../stream.ts';
import { begin, tellChannel } from './begin.ts';
import { hasRested } from './call-again.ts';
import { fold, withDueCalls } from './due-calls.ts';
import type { IncidentEvent } from './event.ts';
import type { Of } from './intent.ts';
import { firingAlert, firingCount, saysTheSame } from './firing.ts';
import { endAcknowledgement, isOwn, type News } from './news.ts';
import { severityChange } from './set-severity.ts';
import { isOpen, type FiringAlert, type Incident } from './state.ts';
import { unknownSeverities } from './unknown-severity.ts';

/** Alerts of one service and channel: the first opens an incident, news joins it, and repeats say nothing. */
export function receiveAlerts(
  state: Incident | undefined,
  message: Of<'alerts.receive'>,
  context: Context,
): Decision<IncidentEvent> {
  const { alerts } = message.intent;
  const events: IncidentEvent[] = [];
  const tells: Tell[] = [];
  if (!state) {
    const firing = alerts.filter(({ alert }) => alert.status === 'firing');
    const worstFiring = worst(firing.map(({ route }) => route.severity));
    const first = firing[0];
    // A resolve for something that never opened here changes nothing.
    if (!first || !worstFiring) return nothing;
    const { service, app, channel } = first.route;
    const title =
      firing.find(({ route }) => route.severity === worstFiring)?.alert.title ?? first.alert.title;
    const opened = begin({ title, severity: worstFiring, service, app, channel }, context);
    events.push(...opened.events);
    tells.push(...opened.tells);
  }
  /** What these say, by fingerprints; undefined of what has resolved. */
  const said = new Map<string, Pick<FiringAlert, 'title' | 'summary' | 'severity' | 'words'> | undefined>();
  const worsened: (News & Fingerprinted)[] = [];
  const news: (News & Fingerprinted)[] = [];
  for (const { alert, route } of alerts) {
    const { fingerprint } = alert;
    const known = said.has(fingerprint) ? said.get(fingerprint) : state && firingAlert(state, fingerprint);
    if (alert.status === 'resolved') {
      if (known) events.push({ type: 'alert.resolved', fingerprint, title: known.title });
      said.set(fingerprint, undefined);
      continue;
    }
    // A repeated alert that says nothing new costs a look-up, not an event.
    if (known && known.severity === route.severity && saysTheSame(known, alert)) continue;
    const { title, summary, version, url, dashboard, runbook, startsAt, place } = alert;
    const { severity, note } = route;
    said.set(fingerprint, { title, summary, severity });
    // A repeat does not undo what a person has lowered: only news raises.
    if (!known || isWorse(severity, known.severity)) worsened.push({ fingerprint, severity, title });
    if (!known || isOwn(fingerprint)) news.push({ fingerprint, severity, title });
    const links = { url, dashboard, runbook };
    const words = { fingerprint, title, summary, severity, version, startsAt, note };
    events.push({ type: 'alert.fired', ...words, ...links, ...(place !== undefined && { place }) });
  }
  events.push(...unknownSeverities(state, alerts));
  // What is over by the end of the same notification calls nobody, and takes it from nobody.
  const stillFires = ({ fingerprint }: Fingerprinted): boolean => said.get(fingerprint) !== undefined;
  // Before it changes: whoever has it would have it longer by a change that makes it no worse.
  if (state) events.push(...endAcknowledgement(state, worstOf(news.filter(stillFires))[0], message.at));
  const change = state && changeBy(state, worstOf(worsened.filter(stillFires)), message, context);
  if (state && change) {
    events.push(change);
    if (change.to !== state.severity) tells.push(tellChannel(state, change.to, change.was));
  }
  const after = fold(state, events, message, context);
  const silent = after && firingCount(after) === 0 && !after.cleared;
  if (silent && !after.declared && events.length > 0) {
    events.push({ type: 'alerts.cleared' });
  }
  return { events: state ? withDueCalls(state, events, message, context) : events, tells };
}

interface Fingerprinted {
  readonly fingerprint: string;
}

/** What becomes of it by the worst of what has come. */
function changeBy(
  state: Incident,
  worstNews: readonly News[],
  { at, by }: Message<unknown>,
  { policies }: Context,
): Extract<IncidentEvent, { type: 'severity.changed' }> | undefined {
  const [first] = worstNews;
  if (!first) return undefined;
  const { severity } = first;
  // Whoever is woken reads what woke them; what a person has named keeps its name.
  const isNamed = state.declared || worstNews.some(({ title }) => title === state.title);
  const title = isNamed ? {} : { title: first.title };
  if (isOpen(state) && hasRested(state, at)) {
    if (isNamed && severity === state.severity) return undefined;
    const change = severityChange(state, severity, 'what fired before is long over', by, policies);
    return { ...change, ...title, anew: true };
  }
  if (!isWorse(severity, state.severity)) return undefined;
  return { ...severityChange(state, severity, 'a worse alert joined', by, policies), ...title };
}

function worstOf(news: readonly News[]): readonly News[] {
  const most = worst(news.map(({ severity }) => severity));
  return news.filter(({ severity }) => severity === most);
}
