import type { Story } from '../support/story.ts';

export const asked: Story = {
  title: 'Two have to approve: they are asked in person, over a restart, and told what became of it',
  policies: {
    'approvals.yml': (text) => text.replace('approvals: 1 # how', 'approvals: 2 # how'),
    // Whoever asks, there have to be two others.
    'roster.yml': (text) => text.replace('roles: [responder]', 'roles: [responder, approver]'),
  },
  play: async (tell) => {
    await tell.alert('Checkout answers 500');
    await tell.pressesOnPage('ana', 'Acknowledge', 'INC-1');
    await tell.types('ana', '/rollback stable last-good checkout answers 500');
    await tell.pressesOnPage('ben', 'Approve', 'OP-1');
    await tell.restarts('1m');
    await tell.pressesOnPage('dana', 'Approve', 'OP-1');
    await tell.passes('1m');
    await tell.presses('ana', 'Resolve', 'INC-1');
  },
};
