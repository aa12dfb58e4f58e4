import type { Story } from '../support/story.ts';

export const drift: Story = {
  title: 'The registry file, our records and what runs say different things: somebody takes a side',
  play: async (tell) => {
    // Somebody edits the file, and is not believed.
    await tell.editsRegistry('stable', '1.6.0');
    await tell.types('ana', '/channels');
    await tell.presses('ana', 'Keep 1.5.0: write the file again', 'drift on shop/stable');
    await tell.pressesLate('ben', '1.6.0 is live: record it', 'drift on shop/stable');
    await tell.editsRegistry('stable', '1.5.1');
    await tell.editsRegistry('stable', '1.5.0');
    await tell.editsRegistry('stable', '1.5.1');
    await tell.presses('ben', '1.5.1 is live: record it', 'drift on shop/stable');

    // GitOps brings back what a rollback has left.
    await tell.alert('Checkout answers 500');
    await tell.presses('ana', 'Acknowledge', 'INC-1');
    await tell.types('ana', '/rollback stable 1.4.2 checkout answers 500');
    await tell.presses('ben', 'Approve', 'OP-1');
    await tell.passes('1m');
    await tell.reportsDeployment('stable', '1.5.1', { url: 'https://gitops.test/syncs/9' });
    await tell.presses('ana', 'Roll back to 1.4.2', 'drift on shop/stable');
    await tell.presses('ben', 'Approve', 'OP-2');
    await tell.passes('1m');
    await tell.reportsDeployment('stable', '1.5.1');
    await tell.passes('5m');
    await tell.reportsDeployment('stable', '1.4.2');
    await tell.reportsDeployment('stable', '1.5.1');
    await tell.presses('ben', '1.5.1 is live: record it', 'drift on shop/stable');
  },
};
