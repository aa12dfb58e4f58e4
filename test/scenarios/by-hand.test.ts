import { story } from '../support/story.ts';

story('Somebody notices before the monitoring does', async (tell) => {
  await tell.types('ben', '/oncall');
  await tell.types('ben', '/incident declare p1 checkout customers say they cannot pay');
  await tell.types('dana', '/incident declare P0 checkout nobody can pay');
  await tell.alert('Checkout answers 500');
  await tell.types('ben', '/incident ack');
  await tell.types('ben', '/incident timeline');
  await tell.types('ben', '/incident postmortem');
  await tell.types('ben', '/incident resolve INC-1 it was the payment provider');
  await tell.types('ben', '/incident ack INC-1');
  await tell.types('ben', '/incident list');
});
