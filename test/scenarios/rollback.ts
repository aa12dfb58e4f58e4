import type { Story } from '../support/story.ts';

export const rollback: Story = {
  title: 'From an alert back to the last good release, and to the post-mortem',
  play: async (tell) => {
    await tell.alert('Checkout answers 500', { summary: '12% of requests fail' });
    await tell.passes('6m');
    await tell.pressesOnPage('ben', 'Acknowledge', 'INC-1');
    await tell.passes('30s');
    await tell.types('ben', '/rollback stable last-good checkout answers 500 since the release');
    await tell.presses('ben', 'Approve', 'OP-1');
    await tell.passes('40s');
    await tell.presses('dana', 'Approve', 'OP-1');
    await tell.passes('1m');
    await tell.alertResolves('Checkout answers 500');
    await tell.passes('5m');
    await tell.presses('ben', 'Resolve', 'INC-1');
  },
};
