import type { Story } from '../support/story.ts';

export const aborted: Story = {
  title: 'Somebody stops a rollback that runs',
  play: async (tell) => {
    await tell.alert('Checkout answers 500');
    await tell.presses('ana', 'Acknowledge', 'INC-1');
    await tell.types('ana', '/rollback stable 1.4.1 checkout answers 500');
    await tell.presses('ben', 'Approve', 'OP-1');
    await tell.presses('ana', 'Abort', 'OP-1');
    await tell.passes('30s');
  },
};
