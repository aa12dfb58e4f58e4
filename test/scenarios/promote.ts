import type { Story } from '../support/story.ts';

export const promote: Story = {
  title: 'What ran well on the canary goes on to stable',
  play: async (tell) => {
    await tell.types('ana', '/promote canary stable 1.6 two days without an error');
    await tell.types('ana', '/promote canary stable two days without an error');
    await tell.types('ben', '/channels');
    await tell.presses('ben', 'Approve', 'OP-1');
    await tell.passes('1m');
    await tell.types('ana', '/promote canary stable 1.6.0-rc.1 once more');
    await tell.types('ana', '/promote stable canary back again');
  },
};
