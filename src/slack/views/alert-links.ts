import { linksOf } from '../../core/incident/links.ts';
import type { Incident } from '../../core/incident/state.ts';
import { context, type View } from './blocks.ts';
import { link, mrkdwn } from './text.ts';

/** A query of Prometheus is long; four of these still fit a message. */
const longest = 1_000;

/** Where to look at what fires; nothing where no alert names a page. */
export function alertLinks(incident: Incident): View['blocks'] {
  const links = linksOf(incident).map(
    ({ label, url }, index) => mrkdwn`${index === 0 ? '🔗' : '·'} ${link(url, label, longest)}`,
  );
  return links.length === 0 ? [] : [context(...links)];
}
