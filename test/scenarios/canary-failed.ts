import type { Story } from '../support/story.ts';

export const canaryFailed: Story = {
  title: 'A canary passes, then nobody can say, then it fails: the card has the way back',
  play: async (tell) => {
    await tell.reportsDeployment('canary', '1.6.0-rc.2', {
      url: 'https://ci.test/deploys/7',
      id: 'deploy-7',
    });
    await tell.passes('30m');
    await tell.reportsCanary('1.6.0-rc.2');
    await tell.passes('30m');
    await tell.reportsCanary('1.6.0-rc.2', { sessions: 41 });
    await tell.passes('30m');
    await tell.reportsCanary('1.6.0-rc.2', {
      crash_free_sessions: 0.981,
      error_rate: 0.034,
      url: 'https://ci.test/canary/12',
    });
    await tell.types('ana', '/channels');
    await tell.passes('15m');
    // Traffic has gone elsewhere: what says nothing takes nothing back.
    await tell.reportsCanary('1.6.0-rc.2', { sessions: 12 });
    await tell.types('ana', '/channels');
    await tell.presses('ana', 'Roll back to 1.6.0-rc.1', 'health of 1.6.0-rc.2 on shop/canary');
    await tell.presses('ben', 'Approve', 'OP-1');
    await tell.passes('1m');
    await tell.pressesLate('ben', 'Roll back to 1.6.0-rc.1', 'health of 1.6.0-rc.2 on shop/canary');
    await tell.passes('10m');
    await tell.reportsCanary('1.6.0-rc.2', { error_rate: 0.05 });
  },
};
