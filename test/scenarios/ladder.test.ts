import { story } from '../support/story.ts';

story('Nobody answers: the whole ladder, three times, and then the last resort', async (tell) => {
  await tell.alert('Checkout answers 500');
  await tell.passes('65m');
  await tell.types('dana', '/incident list');
  await tell.types('dana', '/incident ack');
  await tell.passes('10m');
});
