import { sayActor } from '../../core/actor.ts';
import type { Whereabouts } from '../../core/card-url.ts';
import { sayFreeze } from '../../core/freeze/state.ts';
import { askedOn } from '../../core/operation/requests.ts';
import type { Operation } from '../../core/operation/state.ts';
import { cautionOf, sayOverride, sayPlan } from '../../core/plan/words.ts';
import type { Instant } from '../../core/time.ts';
import { approvalButtons } from './approval-buttons.ts';
import { actions, context, header, section, type View } from './blocks.ts';
import { theCard } from './page-message.ts';
import { conversationLink, fallback, join, moment, mrkdwn, shown, type Markup } from './text.ts';

/**
 * The direct message that asks one person to approve; once nothing is asked of them any more, what happened.
 * @param card whom it asks, see `requestCardName`
 * @param where the plan's own card is, as far as that is known
 */
export function approvalRequest(operation: Operation, card: string, now: Instant, where?: Whereabouts): View {
  const { id, plan, hash, status, approvals, conversation, incident } = operation;
  const person = askedOn(operation, card)?.person;
  const waits = status === 'awaiting-approval';
  const asksThem = waits && !approvals.some((approval) => approval.person === person);
  const title = asksThem ? `🖐️ ${id} waits for your approval` : titleNow(operation);
  const asked = `${sayActor(operation.requestedBy)} asks to ${sayPlan(plan)}`;
  const override = sayOverride(plan);
  const caution = cautionOf(plan);
  const about = incident === undefined ? mrkdwn`` : mrkdwn` (*${[operation.severity, incident].join(' ')}*)`;
  return {
    text: fallback(`${title}: ${asked}: ${plan.reason}`),
    blocks: [
      header(title),
      section(mrkdwn`*${shown(asked, 500)}*: ${shown(plan.reason, 600)}${about}`),
      ...(override === undefined || !waits ? [] : [section(mrkdwn`🔓 ${shown(override, 900)}.`)]),
      ...(caution === undefined || !waits ? [] : [section(mrkdwn`⚠️ ${shown(caution, 900)}.`)]),
      ...(operation.frozen && waits ? [section(mrkdwn`🧊 ${shown(sayFreeze(operation.frozen), 600)}`)] : []),
      ...(waits ? [section(stepsOf(operation))] : []),
      section(stateOf(operation, now)),
      ...(asksThem ? [actions(approvalButtons(operation))] : []),
      context(
        mrkdwn`${id} · plan ${hash} · ${theCard(where, 'Its card')} is in ${conversationLink(conversation)}.`,
      ),
    ],
  };
}

function titleNow({ id, status, approvals }: Operation): string {
  switch (status) {
    case 'awaiting-approval':
      return `👍 ${id}: you have approved`;
    case 'approved':
    case 'running':
    case 'done':
    case 'failed':
    case 'unknown':
      // However it goes on: this message is about the approval, and is not brought up to date after that.
      return `✅ ${id} was approved by ${approvals.map(({ name }) => name).join(', ')}`;
    case 'rejected':
    case 'withdrawn':
    case 'expired':
    case 'void':
      return `${id}: ${status}`;
    default:
      return status satisfies never;
  }
}

/** The whole plan stands on the card. */
function stepsOf({ plan: { steps } }: Operation): Markup {
  const titles = steps.slice(0, 5).map(({ title }, index) => mrkdwn`${index + 1}. ${shown(title, 100)}`);
  const more = steps.length - titles.length;
  return join(more > 0 ? [...titles, mrkdwn`+${more} more`] : titles, ' · ');
}

function stateOf(operation: Operation, now: Instant): Markup {
  const { status, approvals, rule, expiresAt } = operation;
  const why = shown(operation.why, 600);
  const given = approvals.map(({ name, at }) => mrkdwn`*${name}* at ${moment(at, now)}`);
  const by = given.length === 0 ? mrkdwn`` : mrkdwn` by ${join(given, ', ')}`;
  switch (status) {
    case 'awaiting-approval':
      return mrkdwn`*${approvals.length} of ${rule.approvals}* ${rule.approvals === 1 ? 'approval' : 'approvals'} so far${by}; it waits until ${moment(expiresAt, now)}.`;
    case 'approved':
    case 'running':
    case 'done':
    case 'failed':
    case 'unknown':
      return mrkdwn`✅ *Approved*${by}. How it goes is on its card.`;
    case 'rejected':
      return mrkdwn`🚫 ${why} Nothing was changed.`;
    case 'withdrawn':
      return mrkdwn`🚫 ${why} Nothing was changed.`;
    case 'expired':
      return mrkdwn`⌛ *Expired.* ${why} Nothing was changed.`;
    case 'void':
      return mrkdwn`🚫 *Void.* ${why} Nothing was changed.`;
    default:
      return status satisfies never;
  }
}
