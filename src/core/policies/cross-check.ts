import { checkApprovals, checkPeople } from './check-people.ts';
import {
  checkApprovalChannels,
  checkChannelConversations,
  checkPromotionPaths,
  checkSteps,
  type CheckStep,
} from './check-channels.ts';
import { checkDeployments } from './check-deployments.ts';
import { checkEscalation, checkLadders, checkRungsOfServices } from './check-escalation.ts';
import { checkHealth, checkHealthChannels } from './check-health.ts';
import { checkPagerduty } from './check-pagerduty.ts';
import type { Finding } from './finding.ts';
import type { Policies, PolicyName } from './policies.ts';
import {
  checkServiceChannels,
  checkServiceConversations,
  checkServiceLadders,
  checkServiceRotations,
  checkSeverityRules,
  checkUnclaimed,
} from './check-services.ts';

/** The policies whose own shape is right. */
export type ValidPolicies = { readonly [Name in PolicyName]?: Policies[Name] | undefined };

/**
 * What no single file can know: whether the names in one lead somewhere in another, and whether what they say together
 * would leave somebody stranded at 3 am. A check runs when every file that it needs is in shape.
 */
export function crossCheck(policies: ValidPolicies, checkStep?: CheckStep): readonly Finding[] {
  function check<Needed extends PolicyName>(
    needed: readonly Needed[],
    find: (all: Pick<Policies, Needed>) => readonly Finding[],
  ): readonly Finding[] {
    return haveAll(policies, needed) ? find(policies) : [];
  }
  return [
    ...check(['services'], checkUnclaimed),
    ...check(['services', 'roster'], checkServiceRotations),
    ...check(['services', 'escalation'], checkServiceLadders),
    ...check(['services', 'channels'], checkServiceChannels),
    ...check(['services', 'notifications'], checkServiceConversations),
    ...check(['severity', 'services'], checkSeverityRules),
    ...check(['escalation'], checkLadders),
    ...check(['escalation', 'roster', 'notifications'], checkEscalation),
    ...check(['escalation', 'services', 'roster'], checkRungsOfServices),
    ...check(['services', 'escalation', 'roster'], checkPagerduty),
    ...check(['roster'], checkPeople),
    ...check(['approvals', 'roster'], checkApprovals),
    ...check(['approvals', 'channels'], checkApprovalChannels),
    ...check(['channels', 'notifications'], checkChannelConversations),
    ...check(['health'], checkHealth),
    ...check(['health', 'channels'], checkHealthChannels),
    ...check(['channels'], ({ channels }) => checkPromotionPaths(channels)),
    ...check(['channels'], ({ channels }) => checkDeployments(channels)),
    ...check(['channels'], ({ channels }) => checkSteps(channels, checkStep)),
  ];
}

function haveAll<Needed extends PolicyName>(
  policies: ValidPolicies,
  needed: readonly Needed[],
): policies is Pick<Policies, Needed> & ValidPolicies {
  return needed.every((name) => policies[name] !== undefined);
}
