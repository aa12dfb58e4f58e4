import { matchesChannel } from '../plan/approval-rule.ts';
import { unknownName, type Finding } from './finding.ts';
import type { Policies } from './policies.ts';

/** Whether some rule fits everything, and each judges something: no report is left without a judgement. */
export function checkHealth({ health }: Pick<Policies, 'health'>): readonly Finding[] {
  return health.rules.flatMap(({ channels, measures }, index): readonly Finding[] => {
    if (Object.keys(measures).length === 0) {
      const message = 'expected at least one measure; found none';
      return [{ policy: 'health', path: ['rules', index, 'measures'], message }];
    }
    const path = ['rules', index, 'channels'];
    const everything = channels.some((pattern) => pattern === '*' || pattern === '*/*');
    const last = index === health.rules.length - 1;
    if (last === everything) return [];
    const message = last
      ? 'expected the last rule to fit everything: channels ["*"]; found one that leaves channels without a rule'
      : 'expected only the last rule to fit everything; found one that hides the rules after it';
    return [{ policy: 'health', path, message }];
  });
}

export function checkHealthChannels({
  health,
  channels,
}: Pick<Policies, 'health' | 'channels'>): readonly Finding[] {
  const known = Object.entries(channels.apps).flatMap(([app, { channels: all }]) =>
    Object.keys(all).map((channel) => `${app}/${channel}`),
  );
  return health.rules.flatMap((rule, index) =>
    rule.channels.flatMap((pattern, place) => {
      if (known.some((full) => matchesChannel(pattern, full))) return [];
      const what = 'a channel of channels.yml or a pattern for some';
      return [unknownName('health', ['rules', index, 'channels', place], what, pattern, known)];
    }),
  );
}
