import type { Story } from '../support/story.ts';

export const rejected: Story = {
  title: 'Somebody else says no to a rollback',
  play: async (tell) => {
    await tell.alert('Checkout answers 500');
    await tell.presses('ana', 'Acknowledge', 'INC-1');
    await tell.presses('ana', 'Roll back to 1.4.2', 'INC-1');
    await tell.presses('dana', 'Reject', 'OP-1');
    await tell.pressesLate('ben', 'Approve', 'OP-1');
    await tell.types('ana', '/rollback stable 1.4.2 dana was wrong');
    await tell.presses('ana', 'Withdraw', 'OP-2');
  },
};
