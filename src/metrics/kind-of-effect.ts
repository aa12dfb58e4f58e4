import type { Effect, EffectType, PageMeans } from '../core/effect.ts';

/** What an effect is called in a label. What tells PagerDuty that nobody is needed any more calls nobody. */
export type EffectLabel = EffectType | 'pagerduty.end';

export type PageLabel = `page.${PageMeans}`;

/** As `priorityOf` has it: from here on a PagerDuty event acknowledges or resolves. */
const callsNobody = 4;

export function labelOfEffect(effect: Effect): EffectLabel {
  return effect.type === 'page.pagerduty' && effect.action !== 'trigger' ? 'pagerduty.end' : effect.type;
}

/** The same, of rows that were only counted. */
export function labelOfRows(rows: { readonly type: EffectType; readonly priority: number }): EffectLabel {
  return rows.type === 'page.pagerduty' && rows.priority >= callsNobody ? 'pagerduty.end' : rows.type;
}

export function isPageLabel(label: EffectLabel): label is PageLabel {
  return label.startsWith('page.');
}
