import type { Story } from '../support/story.ts';

export const outsiders: Story = {
  title: 'A guest, a bot, and a colleague who is not in the roster',
  play: async (tell) => {
    await tell.alert('Checkout answers 500');
    await tell.types('gus', '/incident ack');
    await tell.presses('gus', 'Acknowledge', 'INC-1');
    await tell.types('relbot', '/rollback stable last-good checkout answers 500');
    await tell.types('dana', '/rollback stable last-good checkout answers 500');
    await tell.types('dana', '/incident list');
    await tell.types('ana', '/rollback stable last-good checkout answers 500');
    await tell.presses('gus', 'Approve', 'OP-1');
    await tell.presses('dana', 'Approve', 'OP-1');
    await tell.types('dana', '/incident declare P0 platform let me in');
    await tell.passes('11m');
  },
  // Dana's account is one that the roster does not know.
  policies: { 'roster.yml': (text) => text.replace('slack: U0DANA', 'slack: U0DANATWO') },
};
