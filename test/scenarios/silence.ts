import type { Story } from '../support/story.ts';

export const silence: Story = {
  title: 'Somebody has it, and is not heard of again: the ladder goes on',
  play: async (tell) => {
    await tell.alert('Checkout answers 500');
    await tell.pressesOnPage('ana', 'Acknowledge', 'INC-1');
    await tell.passes('16m');
    await tell.pressesOnPage('ben', 'Acknowledge', 'INC-1');
    await tell.pressesLate('ben', 'Acknowledge', 'INC-1');
  },
};
