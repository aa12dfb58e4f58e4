import type { Story } from '../support/story.ts';

export const lostAnswer: Story = {
  title: 'GitHub starts the run and its answer is lost: it is found again, and not started twice',
  play: async (tell) => {
    await tell.alert('Checkout answers 500');
    await tell.presses('ana', 'Acknowledge', 'INC-1');
    await tell.types('ana', '/rollback stable last-good checkout answers 500');
    tell.breaks('github', { status: 502, applied: true, times: 1 });
    await tell.presses('ben', 'Approve', 'OP-1');
    await tell.passes('30s');
  },
};
