import type { Story } from '../support/story.ts';

const named = (text: string): string =>
  text.replaceAll('    conversation: incidents', '    pagerduty: PSHOP\n    conversation: incidents');

export const byName: Story = {
  title: 'PagerDuty rings the very people whom the rungs name, by one incident of its own',
  policies: { 'services.yml': named },
  pagesByName: true,
  play: async (tell) => {
    await tell.alert('Checkout answers 500');
    await tell.passes('5m');
    await tell.inPagerduty('ben', 'acknowledge');
    await tell.passes('16m');
    await tell.types('dana', '/incident ack');
    await tell.types('dana', '/incident resolve over');
  },
};

export const notByName: Story = {
  title: 'PagerDuty cannot be told whom to call: its own policy chooses, and everybody reads that',
  policies: { 'services.yml': named },
  pagesByName: true,
  play: async (tell) => {
    tell.breaks('pagerduty', { status: 503, path: 'incidents' });
    await tell.alert('Checkout answers 500');
    await tell.passes('1m');
    tell.heals('pagerduty');
    await tell.passes('4m');
    await tell.types('dana', '/incident ack');
  },
};
