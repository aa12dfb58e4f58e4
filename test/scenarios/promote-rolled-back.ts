import type { Story } from '../support/story.ts';

export const promoteRolledBack: Story = {
  title: 'A rollback stops a promotion that is being carried out',
  play: async (tell) => {
    await tell.passes('20m');
    await tell.types('ana', '/promote canary stable two days without an error');
    await tell.presses('ben', 'Approve', 'OP-1');
    await tell.alert('Checkout answers 500');
    tell.breaks('github');
    await tell.presses('ana', 'Roll back to 1.5.0', 'INC-1');
    await tell.presses('ben', 'Approve', 'OP-2');
    await tell.types('ben', '/channels');
    tell.heals('github');
    await tell.passes('1m');
    await tell.types('ana', '/promote canary stable once more');
    await tell.alertResolves('Checkout answers 500');
    await tell.presses('ana', 'Resolve', 'INC-1');
  },
};
