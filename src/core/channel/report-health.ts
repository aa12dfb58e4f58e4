import { criticalRun } from '../health/critical.ts';
import { healthRuleFor, judge } from '../health/judge.ts';
import { mayNotReport } from '../health/may-report.ts';
import { nothing, type Context, type Decision } from '../stream.ts';
import type { ChannelEvent } from './event.ts';
import { baselineFor, healthOf } from './health-state.ts';
import type { Of } from './intent.ts';
import { place } from './place.ts';
import type { Channel } from './state.ts';

/** A release bot tells how a version does. What is known already, or older than that, changes nothing. */
export function reportHealth(
  state: Channel | undefined,
  message: Of<'health.report'>,
  context: Context,
): Decision<ChannelEvent> {
  const { report } = message.intent;
  const { app, channel, policy } = place(context);
  const { version } = report;
  const lacking = mayNotReport(message.by, `report on ${version} of ${app}/${channel}`);
  if (lacking) return { events: [lacking], tells: [] };
  const known = healthOf(state, version);
  if (known && report.window.end <= known.report.window.end) return nothing;
  const rule = healthRuleFor(context.policies.health, `${app}/${channel}`);
  const critical = rule.critical && criticalRun(known?.critical, report, rule.critical.gap);
  const reported: ChannelEvent = {
    type: 'health.reported',
    report,
    judgement: judge(report, rule, baselineFor(state, version), critical),
    before: known?.judgement.verdict,
    healthyAfter: policy.healthy_after,
    ...(critical && { critical }),
  };
  return { events: [reported], tells: [] };
}
