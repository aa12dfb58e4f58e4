import type { Story } from '../support/story.ts';

export const byHand: Story = {
  title: 'Somebody notices before the monitoring does',
  play: async (tell) => {
    await tell.types('ben', '/oncall');
    await tell.types('ben', '/incident declare p1 checkout customers say they cannot pay');
    await tell.passes('1m');
    await tell.types('dana', '/incident declare P0 checkout nobody can pay');
    await tell.passes('1m');
    await tell.alert('Checkout answers 500');
    await tell.types('ben', '/incident ack');
    await tell.types('ben', '/incident timeline');
    await tell.types('ben', '/incident postmortem');
    await tell.passes('10m');
    await tell.types('ben', '/incident resolve INC-1 it was the payment provider');
    await tell.types('ben', '/incident ack INC-1');
    await tell.types('ben', '/incident list');
  },
};
