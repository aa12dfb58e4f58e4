import type { Story } from '../support/story.ts';

export const severity: Story = {
  title: 'It is worse than it looked, and then better',
  play: async (tell) => {
    await tell.alert('Checkout is slow', { labels: { severity: 'warning' } });
    await tell.pressesOnPage('ana', 'Acknowledge', 'INC-1');
    await tell.presses('ana', 'Raise to P1', 'INC-1');
    await tell.alert('Nobody can pay');
    await tell.passes('16m');
    await tell.types('ben', '/incident sev P2 payments work again, only slowly');
    await tell.types('ben', '/incident sev P2 still slow');
    await tell.types('ben', '/incident sev');
    await tell.types('ben', '/incident ack');
    await tell.types('ben', '/incident sev p3 hardly anybody notices');
  },
};
