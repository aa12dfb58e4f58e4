import type { Story } from '../support/story.ts';

export const canaryCritical: Story = {
  title: 'A canary is critical: a warning for five minutes, and then a failure with the way back',
  play: async (tell) => {
    const critical = { severity: 'critical', sessions: 120 };
    await tell.reportsDeployment('canary', '1.6.0-rc.2');
    await tell.passes('10m');
    await tell.reportsCanary('1.6.0-rc.2', critical, '1m');
    await tell.passes('2m');
    await tell.reportsCanary('1.6.0-rc.2', critical, '1m');
    await tell.types('ana', '/channels');
    await tell.types('ana', '/promote canary stable it looks fine');
    await tell.passes('2m');
    await tell.reportsCanary('1.6.0-rc.2', critical, '1m');
    await tell.presses('ana', 'Roll back to 1.6.0-rc.1', 'health of 1.6.0-rc.2 on shop/canary');
  },
};
