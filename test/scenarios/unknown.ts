import type { Story } from '../support/story.ts';

export const unknown: Story = {
  title: 'GitHub is gone after the dispatch: nobody knows how it ended, until somebody looks',
  play: async (tell) => {
    await tell.alert('Checkout answers 500');
    await tell.presses('ana', 'Acknowledge', 'INC-1');
    await tell.types('ana', '/rollback stable last-good checkout answers 500');
    tell.breaks('github', { status: 502, applied: true });
    await tell.presses('ben', 'Approve', 'OP-1');
    await tell.passes('1m');
    await tell.passes('10m');
    await tell.types('ana', '/rollback stable last-good once more');
    await tell.types('ana', '/incident resolve');
    await tell.types('ana', '/channels');
    await tell.presses('ana', 'It is live', 'OP-1');
    await tell.presses('ben', 'It is live', 'OP-1');
    await tell.types('ana', '/channels');
    await tell.types('ana', '/incident resolve');
  },
};
