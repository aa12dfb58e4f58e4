import type { EffectOf } from '../../core/effect.ts';
import { plainSection, section, type View } from './blocks.ts';
import { fallback, mention, mrkdwn, shown } from './text.ts';

/** One line of the timeline; all of it may come from outside. */
export function threadLine(text: string, rings?: EffectOf<'slack.thread'>['rings']): View {
  const whole = fallback(text);
  if (!rings) return { text: whole, blocks: [plainSection(text)] };
  return { text: whole, blocks: [section(mrkdwn`${mention(rings)}: ${shown(text, 2_700)}`)] };
}
