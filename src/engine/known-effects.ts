import type { EffectType } from '../core/effect.ts';

const known: Readonly<Record<EffectType, true>> = {
  'page.pagerduty': true,
  'page.mail': true,
  'page.slack': true,
  'slack.card': true,
  'slack.thread': true,
  'slack.postmortem': true,
  'slack.reply': true,
  'step.run': true,
  'registry.publish': true,
};

/** Whether this program can judge such an effect at all; a replica of a newer version may have decided others. */
export function isKnown(type: string): boolean {
  return Object.hasOwn(known, type);
}
