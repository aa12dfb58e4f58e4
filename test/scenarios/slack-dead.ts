import type { Story } from '../support/story.ts';

export const slackDead: Story = {
  title: 'Slack is dead for six minutes of an incident',
  play: async (tell) => {
    tell.breaks('slack');
    await tell.alert('Checkout answers 500');
    await tell.passes('3m');
    await tell.alert('Carts are lost');
    await tell.passes('3m');
    tell.heals('slack');
    await tell.passes('1m');
    await tell.pressesOnPage('ben', 'Acknowledge', 'INC-1');
  },
};
