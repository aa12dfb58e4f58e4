import type { Story } from '../support/story.ts';

export const restart: Story = {
  title: 'Lastgood is away for seven minutes in the middle of an escalation',
  play: async (tell) => {
    await tell.alert('Checkout answers 500');
    await tell.passes('2m');
    await tell.restarts('7m');
    await tell.passes('2m');
    await tell.pressesOnPage('ben', 'Acknowledge', 'INC-1');
    await tell.types('ben', '/rollback stable last-good checkout answers 500');
    await tell.presses('dana', 'Approve', 'OP-1');
    await tell.restarts('1m');
    await tell.passes('30s');
  },
};
