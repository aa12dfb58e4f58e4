import { channelsSet } from './channels-set.ts';
import { channels } from './channels.ts';
import { incidentAck } from './incident-ack.ts';
import { incidentDeclare } from './incident-declare.ts';
import { incidentList } from './incident-list.ts';
import { incidentPostmortem } from './incident-postmortem.ts';
import { incidentResolve } from './incident-resolve.ts';
import { incidentSev } from './incident-sev.ts';
import { incidentTimeline } from './incident-timeline.ts';
import { lastgoodDoctor } from './lastgood-doctor.ts';
import { lastgoodFreeze } from './lastgood-freeze.ts';
import { lastgoodHelp } from './lastgood-help.ts';
import { lastgoodReceived } from './lastgood-received.ts';
import { lastgoodUnfreeze } from './lastgood-unfreeze.ts';
import { oncall } from './oncall.ts';
import { operationAbort } from './operation-abort.ts';
import { operationApprove } from './operation-approve.ts';
import { operationList } from './operation-list.ts';
import { operationReject } from './operation-reject.ts';
import { operationSettle } from './operation-settle.ts';
import { operationShow } from './operation-show.ts';
import { promote } from './promote.ts';
import { rollback } from './rollback.ts';
import type { Verb } from './verb.ts';

/** Every verb, one line each, in the order of the help text. */
export const verbs: readonly Verb[] = [
  rollback,
  promote,
  incidentDeclare,
  incidentAck,
  incidentSev,
  incidentResolve,
  incidentTimeline,
  incidentPostmortem,
  incidentList,
  operationList,
  operationShow,
  operationApprove,
  operationReject,
  operationAbort,
  operationSettle,
  oncall,
  channels,
  channelsSet,
  lastgoodDoctor,
  lastgoodReceived,
  lastgoodFreeze,
  lastgoodUnfreeze,
  lastgoodHelp(() => verbs),
];

/** The slash commands, without their slash: `rollback`, `incident`, … */
export const slashCommands: readonly string[] = [...new Set(verbs.map((verb) => verb.command))];
