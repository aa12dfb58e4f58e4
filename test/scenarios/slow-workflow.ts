import type { Story } from '../support/story.ts';

export const slowWorkflow: Story = {
  title: 'The workflow takes longer than an approval lasts, and is followed to its end all the same',
  play: async (tell) => {
    tell.workflowsEnd('never');
    await tell.alert('Checkout answers 500');
    await tell.presses('ana', 'Acknowledge', 'INC-1');
    await tell.types('ana', '/rollback stable last-good checkout answers 500');
    await tell.presses('ben', 'Approve', 'OP-1');
    await tell.passes('6m');
    tell.workflowsEnd('success');
    await tell.passes('30s');
  },
};
