import { sayActor } from '../../core/actor.ts';
import { liftCommand, sayFreeze } from '../../core/freeze/state.ts';
import { sayIncidents } from '../../core/operation/describe.ts';
import { requestCardName } from '../../core/operation/requests.ts';
import { waitsUntil } from '../../core/operation/turn.ts';
import { mayBeStopped, type Operation, type StepState, type StepStatus } from '../../core/operation/state.ts';
import type { PlanStep } from '../../core/plan/plan.ts';
import { sayConcerns } from '../../core/plan/concern.ts';
import { cautionOf, titleOf } from '../../core/plan/words.ts';
import { sayBetween, sayDuration, type Instant } from '../../core/time.ts';
import { approvalButtons } from './approval-buttons.ts';
import { actions, button, context, facts, header, section, type View } from './blocks.ts';
import { rollbackButton } from './health-card.ts';
import { fallback, join, link, mention, moment, mrkdwn, shown, type Markup } from './text.ts';

const stepIcons: Readonly<Record<StepStatus, string>> = {
  waiting: '⚪',
  running: '⏳',
  done: '✅',
  failed: '❌',
  unknown: '❓',
};

/** Several of these fill a section; a plan with more steps says how many are not shown. */
const stepsInSection = 4;
const stepsShown = 10;

/** The card of an operation: what will be done, who may say yes, and how far it is. */
export function planCard(operation: Operation, now: Instant): View {
  const { id, plan, requestedBy, hash } = operation;
  const about = sayIncidents(operation);
  const title = titleOf(plan);
  const override = plan.kind === 'promote' ? plan.override : undefined;
  const banner = bannerOf(operation, now);
  const caution = cautionOf(plan);
  return {
    text: fallback(`${id}: ${title}, ${operation.status.replaceAll('-', ' ')}`),
    blocks: [
      header(`${plan.kind === 'rollback' ? '⏪' : '⏩'} ${title}`),
      section(banner),
      ...(caution === undefined ? [] : [section(mrkdwn`⚠️ ${shown(caution, 900)}.`)]),
      facts([
        // The header may be cut; these two never are.
        ['From → to', mrkdwn`${plan.from} → ${plan.to}`],
        ['Reason', shown(plan.reason, 600)],
        ['Asked by', mrkdwn`${sayActor(requestedBy)} at ${moment(operation.requestedAt, now)}`],
        ...(override
          ? [['Override', mrkdwn`by ${override.by}: ${shown(sayConcerns(override.lifts), 900)}`] as const]
          : []),
        ...(about === undefined ? [] : [['Incident', mrkdwn`${about}`] as const]),
      ]),
      ...steps(operation),
      ...approvals(operation, now),
      context(mrkdwn`${id} · plan ${hash}`),
      ...controls(operation),
    ],
  };
}

function bannerOf(operation: Operation, now: Instant): Markup {
  const { status, rule, plan } = operation;
  const why = shown(operation.why, 600);
  switch (status) {
    case 'awaiting-approval': {
      const count = `${operation.approvals.length} of ${rule.approvals}`;
      const roles = rule.roles.join(' or ');
      const who = `anybody with the role ${roles}, except ${operation.requestedBy.name}`;
      const approval = mrkdwn`🖐️ *Waits for approval*, ${count} so far, until ${moment(operation.expiresAt, now)}\nMay approve: ${who}.`;
      return join([approval, ...asking(operation), ...waiting(operation), ...onIce(operation, now)], '\n');
    }
    case 'approved':
      return operation.waitsFor === undefined && !operation.frozen
        ? mrkdwn`👍 *Approved.* It is about to begin.`
        : join([mrkdwn`👍 *Approved.*`, ...waiting(operation), ...onIce(operation, now)], '\n');
    case 'running': {
      const done = operation.steps.filter((step) => step.status === 'done').length;
      const since =
        operation.begunAt === undefined ? mrkdwn`` : mrkdwn` since ${moment(operation.begunAt, now)}`;
      const runs = mrkdwn`▶️ *Running*${since}, ${done} of ${plan.steps.length} steps done.`;
      const progress = join([runs, ...onIce(operation, now)], '\n');
      if (operation.aborting === undefined) return progress;
      return operation.yieldsTo === undefined
        ? mrkdwn`${progress}\n🛑 *${operation.aborting}* asked to stop: no further step begins.`
        : mrkdwn`${progress}\n🛑 It makes way for the rollback *${operation.yieldsTo}*: no further step begins.`;
    }
    case 'done':
      return bannerOfDone(operation);
    case 'failed':
      if (operation.touched === false)
        return mrkdwn`${operation.yieldsTo === undefined ? mrkdwn`❌ *Failed.*` : mrkdwn`🛑 *Stopped.*`} ${why} Nothing was changed.`;
      return operation.yieldsTo === undefined
        ? mrkdwn`❌ *Failed.* ${why}\nLook what runs there now: ${plan.kind === 'rollback' ? 'go back again' : 'go back'} with /rollback, or say what is live with /channels set.`
        : mrkdwn`🛑 *Stopped.* ${why}\nThe channel may be between two versions until ${operation.yieldsTo} or another rollback is done.`;
    case 'unknown':
      return mrkdwn`❓ *Nobody knows how it ended.* ${why}\nThe channel stays locked until somebody has looked and says so below.`;
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

/** Those who may approve now, by mentions that ring when the card is posted; and whom that could not reach. */
function asking({ id, asks, approvals, cards = {}, rule }: Operation): readonly Markup[] {
  if (asks === undefined) return [];
  if (asks.people.length === 0) {
    const roles = rule.roles.join(' or ');
    return [mrkdwn`⚠️ Nobody else in the roster may: it takes the role ${roles}.`];
  }
  const left = asks.people.filter(({ person }) => !approvals.some((each) => each.person === person));
  const more = asks.more === 0 ? mrkdwn`` : mrkdwn`, and ${asks.more} more: \`/operation show ${id}\``;
  const unreached = asks.people.flatMap(({ person, name }) => {
    const { ts, trouble } = cards[requestCardName(person)] ?? {};
    return ts === undefined && trouble !== undefined
      ? [mrkdwn`⚠️ ${name} got no direct message: ${shown(trouble, 200)}`]
      : [];
  });
  const asked = left.length === 0 ? [] : [mrkdwn`👉 Asked: ${join(left.map(mention), ', ')}${more}`];
  return [...asked, ...unreached];
}

/** A rollback gets the channel when the promotion that it stops has let go of it. */
function waiting({ waitsFor }: Operation): readonly Markup[] {
  return waitsFor === undefined
    ? []
    : [
        mrkdwn`⏸️ It begins as soon as ${waitsFor} has let go of the channel. Should the outcome of ${waitsFor} be unknown, somebody has to settle it on its card first.`,
      ];
}

/** Production is frozen: what that means for this operation, and until when it may wait. */
function onIce(operation: Operation, now: Instant): readonly Markup[] {
  const { frozen, status, held } = operation;
  if (!frozen) return [];
  const why = mrkdwn`🧊 *${shown(sayFreeze(frozen), 600)}*`;
  const lifted = mrkdwn`as soon as two people have lifted that: \`${liftCommand}\``;
  switch (status) {
    case 'awaiting-approval':
      return [mrkdwn`${why}\nIt may be approved, and then begins by itself ${lifted}.`];
    case 'approved':
      return [
        mrkdwn`${why}\nIt begins by itself ${lifted}, until ${moment(waitsUntil(operation), now)}. After that it is void.`,
      ];
    case 'running':
      return held === undefined
        ? [mrkdwn`${why}\nThe step that runs is followed to its end; the next one begins ${lifted}.`]
        : [mrkdwn`${why}\n⏸️ Held before step ${held + 1}, which begins by itself ${lifted}.`];
    default:
      return [];
  }
}

/** `why` says it all; the icon warns when the release is back but somebody was not told. */
function bannerOfDone({ steps, begunAt, verifiedAt, endedAt, why }: Operation): Markup {
  const icon = steps.every(({ status }) => status === 'done') ? '✅' : '⚠️';
  const took =
    begunAt === undefined || endedAt === undefined
      ? mrkdwn``
      : sayTook(begunAt, verifiedAt ?? endedAt, endedAt);
  return mrkdwn`${icon} *Done.* ${shown(why, 900)}${took}`;
}

/** People had the release back when it was verified; the post-mortem counts until then, too. */
function sayTook(begunAt: Instant, verifiedAt: Instant, endedAt: Instant): Markup {
  const verified = sayBetween(begunAt, verifiedAt);
  const all = sayBetween(begunAt, endedAt);
  return verified === all
    ? mrkdwn` It took ${all}.`
    : mrkdwn` It took ${verified}, and ${all} with every step.`;
}

function steps({ plan, steps: states }: Operation): View['blocks'] {
  const lines = plan.steps
    .slice(0, stepsShown)
    .map((step, index) => stepLine(step, states[index], index + 1));
  const more = plan.steps.length - stepsShown;
  const all = more > 0 ? [...lines, mrkdwn`+${more} more steps`] : lines;
  const sections: View['blocks'] = [];
  for (let start = 0; start < all.length; start += stepsInSection) {
    sections.push(section(join(all.slice(start, start + stepsInSection), '\n')));
  }
  return sections;
}

/** `✅ 2. *Archive 1.5.0 in Sentry* · sentry-release, 10s · archived · open` */
function stepLine(step: PlanStep, state: StepState | undefined, number: number): Markup {
  const parts = [
    mrkdwn`${stepIcons[state?.status ?? 'waiting']} ${number}. *${shown(step.title, 100)}*`,
    timing(step, state),
  ];
  if (state && state.note !== '') parts.push(mrkdwn`${state.note}`);
  if (state?.url !== undefined) parts.push(link(state.url, 'open'));
  return join(parts, ' · ');
}

function timing({ uses: executor, target }: PlanStep, state: StepState | undefined): Markup {
  const uses = shown(executor, 70);
  if (state?.startedAt === undefined || state.endedAt === undefined) {
    return mrkdwn`${uses}, target ${sayDuration(target)}`;
  }
  return mrkdwn`${uses}, took ${sayBetween(state.startedAt, state.endedAt)} of ${sayDuration(target)}`;
}

function approvals({ approvals }: Operation, now: Instant): View['blocks'] {
  if (approvals.length === 0) return [];
  const given = approvals.map(({ name, at }) => mrkdwn`*${name}* at ${moment(at, now)}`);
  return [context(mrkdwn`👍 Approved by ${join(given, ', ')}`)];
}

function controls(operation: Operation): View['blocks'] {
  const { id, plan, status, verified, incident, waitsFor, frozen, yieldsTo, touched } = operation;
  const where = `${plan.app}/${plan.channel}`;
  switch (status) {
    case 'awaiting-approval':
      return [actions([...approvalButtons(operation), button('operation.abort', 'Withdraw', { id })])];
    case 'running': {
      const confirm = verified
        ? {
            title: `Leave the rest of ${id}?`,
            text: `${plan.to} is live and verified. What is left only records it elsewhere, and somebody has to see to it.`,
            confirm: 'Leave it',
            deny: 'Let it wait',
          }
        : {
            title: `Stop ${id}?`,
            text: 'The step that runs is asked to stop where it can be, and waited for; no further one begins. The channel may be left between two versions.',
            confirm: 'Stop it',
            deny: 'Let it run',
          };
      return mayBeStopped(operation)
        ? [actions([button('operation.abort', 'Abort', { id }, { style: 'danger', confirm })])]
        : [];
    }
    case 'unknown': {
      const settle = (outcome: 'done' | 'failed', label: string, text: string): ReturnType<typeof button> =>
        button(
          'operation.settle',
          label,
          { id, outcome },
          {
            confirm: { title: 'Have you looked?', text, confirm: label, deny: 'Not yet' },
          },
        );
      return [
        section(
          mrkdwn`${plan.to} is live on ${where} and healthy.`,
          settle(
            'done',
            'It is live',
            `${plan.to} is recorded as live on ${where}, and the channel is free again.`,
          ),
        ),
        section(
          mrkdwn`${plan.to} is not live on ${where}.`,
          settle('failed', 'It failed', `${id} is recorded as failed, and the channel is free again.`),
        ),
      ];
    }
    case 'failed':
      // With an incident, its card offers to go back.
      if (plan.kind === 'rollback' || incident !== undefined || yieldsTo !== undefined || touched === false)
        return [];
      return [
        actions([
          rollbackButton(
            { name: where },
            { to: plan.from, leaving: plan.to, reason: `${id}, the promotion of ${plan.to}, failed` },
          ),
        ]),
      ];
    case 'approved':
      return waitsFor === undefined && !frozen
        ? []
        : [actions([button('operation.abort', 'Withdraw', { id })])];
    case 'done':
    case 'rejected':
    case 'withdrawn':
    case 'expired':
    case 'void':
      return [];
    default:
      return status satisfies never;
  }
}
