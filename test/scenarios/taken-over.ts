import type { Story } from '../support/story.ts';

export const takenOver: Story = {
  title: 'Somebody takes an incident over: whoever had it hears of it',
  play: async (tell) => {
    await tell.alert('Checkout answers 500');
    await tell.types('ana', '/incident ack');
    await tell.passes('5m');
    await tell.types('ben', '/incident ack INC-1');
    await tell.alertResolves('Checkout answers 500');
    await tell.types('ben', '/incident resolve INC-1 a bad node was replaced');
  },
};
