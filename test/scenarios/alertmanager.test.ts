import { story } from '../support/story.ts';

story('What a real Alertmanager sends: two services, grouped alerts, repetitions', async (tell) => {
  await tell.alertmanager('02-firing-HighErrorRate-2alerts');
  await tell.alertmanager('02-firing-HighErrorRate-2alerts');
  await tell.alertmanager('01-firing-InstanceDown-1alerts');
  await tell.types('ben', '/incident list');
  await tell.types('ben', '/incident ack');
  await tell.types('ben', '/incident ack INC-2');
  await tell.alertmanager('04-resolved-HighErrorRate-2alerts');
  await tell.alertmanager('03-resolved-InstanceDown-1alerts');
  await tell.types('ben', '/incident resolve INC-1 gone by itself');
  await tell.types('ben', '/incident resolve the machine is back');
});
