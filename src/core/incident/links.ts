import type { Recorded } from '../stream.ts';
import type { IncidentEvent } from './event.ts';
import type { FiringAlert, Incident } from './state.ts';

/** A page that an alert or a policy names, for people to open: http or https, and otherwise untrusted. */
export interface Link {
  /** `Alert in Grafana` */
  readonly label: string;
  readonly url: string;
}

/** More of them would bury what they are for. */
const most = 4;

/** Where to look at what fires, and what to do about it: of one alert after the other, none twice. */
export function linksOf({ firing, runbook }: Incident): readonly Link[] {
  // Those beyond the first ones have kept none.
  const alerts = Object.values(firing);
  const unlike = new Map<string, Link>();
  for (const alert of alerts) {
    // In a storm there are thousands, and this is read with every page and every card.
    if (unlike.size >= most) break;
    for (const link of linksOfAlert(alert, alerts.length > 1 ? alert.title : undefined))
      if (!unlike.has(link.url)) unlike.set(link.url, link);
  }
  const ofService =
    runbook === undefined || alerts.some((alert) => alert.runbook !== undefined)
      ? []
      : [{ label: 'Runbook', url: runbook }];
  return [...[...unlike.values()].slice(0, most - ofService.length), ...ofService];
}

/** The same for one entry of a timeline: what an alert named when it fired. */
export function linksOfEvent(event: Recorded<IncidentEvent>): readonly Link[] {
  if (event.type !== 'alert.fired') return [];
  return linksOfAlert(
    { ...event, source: event.by.kind === 'source' ? event.by.name : undefined },
    undefined,
  );
}

/** What people call the systems that send alerts; `generic` is not one that anybody could look into. */
const titles: Readonly<Record<string, string>> = {
  alertmanager: 'Alertmanager',
  grafana: 'Grafana',
  sentry: 'Sentry',
};

/** @param title to tell it from others beside it */
function linksOfAlert(
  { url, runbook, dashboard, source = '' }: Pick<FiringAlert, 'url' | 'runbook' | 'dashboard' | 'source'>,
  title: string | undefined,
): readonly Link[] {
  const there = Object.hasOwn(titles, source) ? ` in ${titles[source] ?? ''}` : '';
  const of = title === undefined ? '' : ` of ${title}`;
  return [
    { label: `${title ?? 'Alert'}${there}`, url },
    { label: `Runbook${of}`, url: runbook },
    { label: `Dashboard${of}`, url: dashboard },
  ].flatMap((link) => (link.url === undefined ? [] : [{ label: link.label, url: link.url }]));
}
