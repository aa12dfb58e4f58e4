import { runningVersion } from '../core/channel/drift-state.ts';
import { conversations, people } from './cast.ts';
import type { Facts } from './facts.ts';
import type { Step, Tour } from './page/workspace.ts';

const { ana, ben, relbot } = people;
const incidents = conversations.incidents.id;
const releases = conversations.releases.id;

/** The tour of the main job, and two short ones; each step ticks itself off, however the visitor brought it about. */
export function toursOf(facts: Facts): readonly Tour[] {
  return [
    {
      name: 'the main job',
      steps: mainJob(facts),
      end: {
        title: 'That was the whole job',
        hint: 'The post-mortem is in the thread of the incident. Now break something in the Faults panel, or go on.',
      },
    },
    {
      name: 'promote a release',
      steps: promotion(facts),
      end: {
        title: 'Promoted',
        hint: 'The same plan, approval, run and verification as on the way back. An open P0 or P1 would have frozen it.',
      },
    },
    {
      name: 'a bad canary',
      steps: badCanary(facts),
      end: {
        title: 'The canary is back',
        hint: 'Now let GitOps bring the bad version back: as the release bot, report it as deployed once more.',
      },
    },
  ];
}

function mainJob({ incidents: all, operations, selfApprovalRefused }: Facts): readonly Step[] {
  const climbed = all.some(({ lastCall }) => lastCall && (lastCall.rung > 1 || lastCall.round > 1));
  const rollbacks = operations.filter(({ plan }) => plan.kind === 'rollback' && plan.channel === 'stable');
  return [
    {
      title: 'Fire the alert',
      hint: 'Checkout begins to fail on shop/stable. Lastgood opens a P0 in #incidents and pages Ana.',
      done: all.length > 0,
      offer: { does: 'fire', alert: 'checkout-5xx' },
    },
    {
      title: 'Let nobody answer',
      hint: 'Ana has five minutes. Move the clock to the next escalation and watch Ben get paged.',
      done: climbed,
      offer: { does: 'advance' },
    },
    {
      title: 'Ask for a rollback',
      hint: 'As Ana, send /rollback with a version and a reason. The plan says what will happen and who may approve.',
      done: rollbacks.length > 0,
      offer: {
        does: 'type',
        as: ana.id,
        conversation: incidents,
        text: '/rollback stable 1.4.2 checkout answers 500 since 1.5.0',
      },
    },
    {
      title: 'Approve it yourself',
      hint: 'Still as Ana, press Approve on the plan. It will not work, and the attempt goes on record.',
      done: selfApprovalRefused,
      offer: { does: 'show', as: ana.id, conversation: incidents, press: 'Approve' },
    },
    {
      title: 'Let Ben approve',
      hint: 'Become Ben, whom Lastgood has asked in a direct message, too, and approve. The workflow runs, health is checked, Sentry archives 1.5.0.',
      done: rollbacks.some(({ status }) => status === 'done'),
      offer: { does: 'show', as: ben.id, conversation: incidents, press: 'Approve' },
    },
    {
      title: 'Resolve and read',
      hint: 'Resolve the incident; its thread then holds the post-mortem with every page, click and refusal.',
      done: all.some(({ status }) => status === 'resolved'),
      offer: {
        does: 'type',
        as: ana.id,
        conversation: incidents,
        text: '/incident resolve rolled back to 1.4.2',
      },
    },
  ];
}

function promotion({ operations }: Facts): readonly Step[] {
  const promotions = operations.filter(({ plan }) => plan.kind === 'promote');
  return [
    {
      title: 'Ask to promote',
      hint: 'The canary has run 1.6.0-rc.1 for two days. As Ana, ask to bring it to stable.',
      done: promotions.length > 0,
      offer: {
        does: 'type',
        as: ana.id,
        conversation: releases,
        text: '/promote canary stable two days without trouble',
      },
    },
    {
      title: 'Let Ben approve',
      hint: 'Become Ben and approve. Stable moves once the workflow has run and the shop is well.',
      done: promotions.some(({ status }) => status === 'done'),
      offer: { does: 'show', as: ben.id, conversation: releases, press: 'Approve' },
    },
  ];
}

function badCanary({ channels, operations }: Facts): readonly Step[] {
  const canary = channels.find(({ name }) => name === 'shop/canary');
  const rollbacks = operations.filter(({ plan }) => plan.kind === 'rollback' && plan.channel === 'canary');
  const report = { does: 'report', as: relbot.id, conversation: releases, channel: 'shop/canary' } as const;
  return [
    {
      title: 'Bring a new canary',
      hint: 'As the release bot, report that 1.6.0-rc.2 is on the canary now.',
      done: canary?.moves.some(({ cause }) => cause === 'deploy') === true,
      offer: { ...report, what: 'deployment', version: '1.6.0-rc.2' },
    },
    {
      title: 'Let it fail',
      hint: 'Report that one session in 33 crashes. The card says what fails, and offers the way back.',
      done: canary?.health?.some(({ judgement }) => judgement.verdict === 'fail') === true,
      offer: { ...report, what: 'failing', version: runningVersion(canary) ?? '1.6.0-rc.2' },
    },
    {
      title: 'Go back',
      hint: 'As Ana, press Roll back on its card. You get a plan, as with every rollback.',
      done: rollbacks.length > 0,
      offer: { does: 'show', as: ana.id, conversation: releases, press: 'Roll back' },
    },
    {
      title: 'Let Ben approve',
      hint: 'Become Ben and approve; the canary goes back to the version that was well.',
      done: rollbacks.some(({ status }) => status === 'done'),
      offer: { does: 'show', as: ben.id, conversation: releases, press: 'Approve' },
    },
  ];
}
