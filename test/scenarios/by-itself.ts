import type { Story } from '../support/story.ts';

export const byItself: Story = {
  title: 'The alerts go away by themselves, and come back',
  play: async (tell) => {
    await tell.alert('Checkout is slow', { labels: { severity: 'high' }, summary: 'p99 is 4 s' });
    await tell.alert('Carts are lost', { labels: { severity: 'warning' } });
    await tell.alertResolves('Checkout is slow');
    await tell.alertResolves('Carts are lost');
    await tell.passes('2h');
    await tell.alert('Checkout is slow', { labels: { severity: 'high' }, summary: 'p99 is 5 s' });
    await tell.alertResolves('Checkout is slow');
    await tell.presses('ana', 'Acknowledge', 'INC-1');
    await tell.presses('ana', 'Resolve', 'INC-1');
    await tell.alertResolves('Checkout is slow');
    await tell.alert('Checkout is slow', { labels: { severity: 'high' } });
  },
};
