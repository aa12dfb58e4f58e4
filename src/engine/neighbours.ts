import type { EffectType } from '../core/effect.ts';

export const neighbours = ['slack', 'pagerduty', 'mail'] as const;

/** Who takes effects, of those on whom nobody waits step by step. */
export type Neighbour = (typeof neighbours)[number];

const takenBy: Readonly<Record<EffectType, Neighbour | undefined>> = {
  'page.pagerduty': 'pagerduty',
  'page.mail': 'mail',
  'page.slack': 'slack',
  'slack.card': 'slack',
  'slack.thread': 'slack',
  'slack.postmortem': 'slack',
  'slack.reply': 'slack',
  'step.run': undefined,
  'registry.publish': undefined,
};

export function neighbourOf(type: EffectType): Neighbour | undefined {
  return takenBy[type];
}

export function effectsFor(neighbour: Neighbour): readonly EffectType[] {
  return (Object.keys(takenBy) as EffectType[]).filter((type) => takenBy[type] === neighbour);
}
