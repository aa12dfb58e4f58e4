import { matchesChannel } from '../plan/approval-rule.ts';
import { filledInLater, placeholders, type Placeholder } from '../plan/placeholders.ts';
import { sayDuration } from '../time.ts';
import type { ChannelsPolicy, StepPolicy } from './channels.ts';
import { didYouMean, unknownName, type Finding, type Path } from './finding.ts';
import type { Policies } from './policies.ts';

/** Judges the executor that a step names and its `with`. Answers what is wrong, in words such as `expected …`. */
export type CheckStep = (uses: string, input: unknown) => string | undefined;

export function checkApprovalChannels({
  approvals,
  channels,
}: Pick<Policies, 'approvals' | 'channels'>): readonly Finding[] {
  const known = channelsOf(channels).map(({ app, channel }) => `${app}/${channel}`);
  return approvals.rules.flatMap((rule, index) =>
    rule.channels.flatMap((pattern, place) => {
      if (known.some((full) => matchesChannel(pattern, full))) return [];
      const path = ['rules', index, 'channels', place];
      return [
        unknownName('approvals', path, 'a channel of channels.yml or a pattern for some', pattern, known),
      ];
    }),
  );
}

export function checkChannelConversations({
  channels,
  notifications,
}: Pick<Policies, 'channels' | 'notifications'>): readonly Finding[] {
  const known = Object.keys(notifications.conversations);
  return channelsOf(channels).flatMap(({ path, policy: { conversation } }) => {
    if (known.includes(conversation)) return [];
    const what = 'a conversation of notifications.yml';
    return [unknownName('channels', [...path, 'conversation'], what, conversation, known)];
  });
}

/** A promotion comes from other channels of the same app. */
export function checkPromotionPaths(channels: ChannelsPolicy): readonly Finding[] {
  return channelsOf(channels).flatMap(({ app, channel, path, policy }) => {
    const others = Object.keys(channels.apps[app]?.channels ?? {}).filter((each) => each !== channel);
    return (policy.promotion?.from ?? []).flatMap((source, index) => {
      const at = [...path, 'promotion', 'from', index];
      return others.includes(source)
        ? []
        : [unknownName('channels', at, `another channel of ${app}`, source, others)];
    });
  });
}

/** The steps of every rollback and promotion: something is changed, then verified, in an order and a time that make sense. */
export function checkSteps(channels: ChannelsPolicy, checkStep?: CheckStep): readonly Finding[] {
  const ofRollback = placeholders.filter((word) => word !== 'source');
  return channelsOf(channels).flatMap(({ path, policy: { rollback, promotion } }) => [
    ...checkStepsAt(rollback.steps, [...path, 'rollback', 'steps'], ofRollback, checkStep),
    ...(promotion
      ? checkStepsAt(promotion.steps, [...path, 'promotion', 'steps'], placeholders, checkStep)
      : []),
  ]);
}

function checkStepsAt(
  steps: readonly StepPolicy[],
  at: Path,
  words: readonly Placeholder[],
  checkStep: CheckStep | undefined,
): readonly Finding[] {
  const missing = (['execute', 'verify'] as const)
    .filter((phase) => !steps.some((step) => step.phase === phase))
    .map((phase) => problem(at, `expected at least one step of phase ${phase}; found none`));
  return [
    ...missing,
    ...steps.flatMap((step, index) => [
      ...checkStepOf(step, steps[index - 1], [...at, index], checkStep),
      ...unknownPlaceholders(step.title, [...at, index, 'title'], words),
      ...unknownPlaceholders(
        step.with,
        [...at, index, 'with'],
        [...words, ...(filledInLater[step.uses] ?? [])],
      ),
    ]),
  ];
}

const order = { execute: 0, verify: 1, record: 2 } as const;

function checkStepOf(
  step: StepPolicy,
  before: StepPolicy | undefined,
  path: Path,
  checkStep: CheckStep | undefined,
): readonly Finding[] {
  const findings: Finding[] = [];
  if (before && order[step.phase] < order[before.phase]) {
    const message = `expected phases in the order execute, verify, record; found ${step.phase} after ${before.phase}`;
    findings.push(problem([...path, 'phase'], message));
  }
  if (step.target > step.deadline) {
    const message = `expected a target within the deadline of ${sayDuration(step.deadline)}; found ${sayDuration(step.target)}`;
    findings.push(problem([...path, 'target'], message));
  }
  const wrong = checkStep?.(step.uses, step.with);
  if (wrong !== undefined) findings.push(problem(path, wrong));
  return findings;
}

/** A placeholder that nobody fills in would reach production as it stands. */
function unknownPlaceholders(value: unknown, path: Path, words: readonly string[]): readonly Finding[] {
  if (typeof value === 'string') {
    return [...value.matchAll(/\{\{([^{}]*)\}\}/g)].flatMap((match): readonly Finding[] => {
      const word = (match[1] ?? '').replace(/\|\s*url\s*$/, '').trim();
      if (words.includes(word)) return [];
      const message = `expected one of ${words.map((known) => `{{${known}}}`).join(', ')}; found "${match[0]}"`;
      const hint = didYouMean(word, words);
      return [hint === undefined ? problem(path, message) : { ...problem(path, message), hint }];
    });
  }
  if (Array.isArray(value)) {
    return value.flatMap((inner, index) => unknownPlaceholders(inner, [...path, index], words));
  }
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).flatMap(([key, inner]) => unknownPlaceholders(inner, [...path, key], words));
  }
  return [];
}

function channelsOf(channels: ChannelsPolicy) {
  return Object.entries(channels.apps).flatMap(([app, { channels: all }]) =>
    Object.entries(all).map(([channel, policy]) => ({
      app,
      channel,
      policy,
      path: ['apps', app, 'channels', channel] as Path,
    })),
  );
}

function problem(path: Path, message: string): Finding {
  return { policy: 'channels', path, message };
}
