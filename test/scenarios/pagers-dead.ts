import type { Story } from '../support/story.ts';

export const pagersDead: Story = {
  title: 'PagerDuty and the mail server are dead: Slack has to do, and the timeline says what did not arrive',
  play: async (tell) => {
    tell.breaks('pagerduty');
    tell.breaks('mail');
    await tell.alert('Checkout answers 500');
    await tell.passes('1m');
    tell.heals('mail');
    await tell.passes('1m');
    await tell.pressesOnPage('ana', 'Acknowledge', 'INC-1');
    tell.heals('pagerduty');
    await tell.passes('1m');
  },
};
