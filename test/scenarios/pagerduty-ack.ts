import type { Story } from '../support/story.ts';

export const pagerdutyAck: Story = {
  title: 'People answer their phones in PagerDuty, and the card knows',
  play: async (tell) => {
    await tell.alert('Checkout answers 500');
    await tell.inPagerduty('maeve', 'acknowledge');
    await tell.passes('5m');
    await tell.inPagerduty('ben', 'acknowledge');
    await tell.passes('1m');
    await tell.inPagerduty('ana', 'resolve');
    await tell.alertResolves('Checkout answers 500');
    await tell.presses('ben', 'Resolve', 'INC-1');
  },
};
