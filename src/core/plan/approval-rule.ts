import type { ApprovalRule, ApprovalsPolicy } from '../policies/approvals.ts';
import type { Severity } from '../severity.ts';

/** The first rule that fits; the loader makes sure that the last one fits everything. */
export function approvalRuleFor(
  policy: ApprovalsPolicy,
  fullChannel: string,
  severity: Severity | undefined,
): ApprovalRule {
  const rule = policy.rules.find(
    (candidate) =>
      candidate.channels.some((pattern) => matchesChannel(pattern, fullChannel)) &&
      (candidate.severities === undefined ||
        (severity !== undefined && candidate.severities.includes(severity))),
  );
  if (!rule) throw new Error(`no approval rule for ${fullChannel}`);
  return rule;
}

/** `*` stands for one whole part; alone it stands for every channel. */
export function matchesChannel(pattern: string, fullChannel: string): boolean {
  if (pattern === '*') return true;
  const wanted = pattern.split('/');
  const actual = fullChannel.split('/');
  return (
    wanted.length === actual.length && wanted.every((part, index) => part === '*' || part === actual[index])
  );
}
