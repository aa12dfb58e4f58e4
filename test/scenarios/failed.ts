import type { Story } from '../support/story.ts';

export const failed: Story = {
  title: 'The workflow fails: the next rung is called, and a person has to look',
  play: async (tell) => {
    tell.workflowsEnd('failure');
    await tell.alert('Checkout answers 500');
    await tell.presses('ana', 'Acknowledge', 'INC-1');
    await tell.types('ana', '/rollback stable last-good checkout answers 500');
    await tell.presses('ben', 'Approve', 'OP-1');
    await tell.passes('10s');
    await tell.types('ben', '/channels');
    await tell.presses('ben', 'Acknowledge', 'INC-1');
    tell.workflowsEnd('success');
    await tell.types('ben', '/rollback stable last-good again, the runner was out of disk');
    await tell.presses('dana', 'Approve', 'OP-2');
    await tell.passes('30s');
    await tell.types('ben', '/channels');
  },
};
