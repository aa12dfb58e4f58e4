import type { Story } from '../support/story.ts';

export const promoteFrozen: Story = {
  title: 'A P0 freezes promotions, and a lead lets the repair through',
  play: async (tell) => {
    await tell.types('ana', '/promote canary stable two days without an error');
    await tell.alert('Checkout answers 500');
    await tell.presses('ben', 'Approve', 'OP-1');
    await tell.presses('ana', 'Acknowledge', 'INC-1');
    await tell.types('ana', '/promote canary stable 1.6.0-rc.1 it repairs the checkout');
    await tell.types('ana', '/promote canary stable 1.6.0-rc.1 override it repairs the checkout');
    await tell.types(
      'dana',
      '/promote canary stable 1.6.0-rc.1 override 1.4.2 has it, too, and this repairs it',
    );
    await tell.presses('ben', 'Approve', 'OP-2');
    await tell.passes('1m');
    await tell.alertResolves('Checkout answers 500');
    await tell.presses('ana', 'Resolve', 'INC-1');
  },
};
