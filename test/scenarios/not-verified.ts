import type { Story } from '../support/story.ts';

export const notVerified: Story = {
  title: 'The old release is deployed, and the shop does not get well',
  play: async (tell) => {
    await tell.alert('Checkout answers 500');
    await tell.presses('ana', 'Acknowledge', 'INC-1');
    await tell.types('ana', '/rollback stable last-good checkout answers 500');
    tell.breaks('shop');
    await tell.presses('ben', 'Approve', 'OP-1');
    await tell.passes('5m');
    await tell.types('ana', '/channels');
    tell.heals('shop');
    await tell.types('ana', '/channels set stable 1.4.2 it is live, and well now');
  },
};
