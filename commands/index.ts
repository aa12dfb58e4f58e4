import { channelsSet } from './channels-set.ts';
import { channels } from './channels.ts';
import { incidentAck } from './incident-ack.ts';
import { incidentDeclare } from './incident-declare.ts';
import { incidentList } from './incident-list.ts';
import { incidentPostmortem } from './incident-postmortem.ts';
import { incidentResolve } from './incident-resolve.ts';
import { incidentSev } from './incident-sev.ts';
import { incidentTimeline } from './incident-timeline.ts';
import { lastgoodHelp } from './lastgood-help.ts';
import { oncall } from './oncall.ts';
import { rollback } from './rollback.ts';
import type { Verb } from './verb.ts';

/** Every verb, one line each, in the order of the help text. */
export const verbs: readonly Verb[] = [
  rollback,
  incidentDeclare,
  incidentAck,
  incidentSev,
  incidentResolve,
  incidentTimeline,
  incidentPostmortem,
  incidentList,
  oncall,
  channels,
  channelsSet,
  lastgoodHelp(() => verbs),
];

/** The slash commands, without their slash: `rollback`, `incident`, … */
export const slashCommands: readonly string[] = [...new Set(verbs.map((verb) => verb.command))];
