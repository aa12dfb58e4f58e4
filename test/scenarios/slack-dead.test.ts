import { story } from '../support/story.ts';

story('Slack is dead for six minutes of an incident', async (tell) => {
  tell.breaks('slack');
  await tell.alert('Checkout answers 500');
  await tell.passes('3m');
  await tell.alert('Carts are lost');
  await tell.passes('3m');
  tell.heals('slack');
  await tell.passes('1m');
  await tell.pressesOnPage('ben', 'Acknowledge', 'INC-1');
});
