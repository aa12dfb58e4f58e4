import type { Story } from '../support/story.ts';

export const sentryDead: Story = {
  title: 'Sentry is dead: the shop is rolled back all the same, and nobody is told more than is true',
  play: async (tell) => {
    tell.breaks('sentry');
    await tell.alert('Checkout answers 500');
    await tell.presses('ana', 'Acknowledge', 'INC-1');
    await tell.types('ana', '/rollback stable last-good checkout answers 500');
    await tell.presses('ben', 'Approve', 'OP-1');
    await tell.passes('3m');
    await tell.alertResolves('Checkout answers 500');
    await tell.types('ana', '/incident resolve rolled back');
  },
};
