import type { Story } from '../support/story.ts';

export const alertmanager: Story = {
  title: 'What a real Alertmanager sends: two services, grouped alerts, repetitions',
  play: async (tell) => {
    await tell.alertmanager('02-firing-HighErrorRate-2alerts');
    await tell.alertmanager('02-firing-HighErrorRate-2alerts');
    await tell.alertmanager('01-firing-InstanceDown-1alerts');
    await tell.types('ben', '/incident list');
    await tell.types('ben', '/incident ack');
    await tell.types('ben', '/incident ack INC-2');
    await tell.passes('3m');
    await tell.alertmanager('04-resolved-HighErrorRate-2alerts');
    await tell.alertmanager('03-resolved-InstanceDown-1alerts');
    await tell.types('ben', '/incident resolve INC-1 gone by itself');
    await tell.types('ben', '/incident resolve the machine is back');
  },
};
