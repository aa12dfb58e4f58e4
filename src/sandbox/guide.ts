import { conversations, people } from './cast.ts';
import type { Facts } from './facts.ts';
import type { Step } from './page/workspace.ts';

const { ana, ben } = people;
const incidents = conversations.incidents.id;

/** The tour of the main job; each step ticks itself off when it has happened, however the visitor brought it about. */
export function guideOf({ incidents: all, operations, selfApprovalRefused }: Facts): readonly Step[] {
  const climbed = all.some(({ lastCall }) => lastCall && (lastCall.rung > 1 || lastCall.round > 1));
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
      done: operations.length > 0,
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
      offer: { does: 'show', as: ana.id, conversation: incidents },
    },
    {
      title: 'Let Ben approve',
      hint: 'Become Ben and approve. The workflow runs, health is checked, Sentry archives 1.5.0.',
      done: operations.some(({ status }) => status === 'done'),
      offer: { does: 'show', as: ben.id, conversation: incidents },
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
