import { story } from '../support/story.ts';

story(
  'A guest, a bot, and a colleague who is not in the roster',
  async (tell) => {
    await tell.alert('Checkout answers 500');
    await tell.types('gus', '/incident ack');
    await tell.presses('gus', 'Acknowledge', 'INC-1');
    await tell.types('relbot', '/rollback stable last-good checkout answers 500');
    await tell.types('dana', '/rollback stable last-good checkout answers 500');
    await tell.types('dana', '/incident list');
    await tell.types('ana', '/rollback stable last-good checkout answers 500');
    await tell.presses('gus', 'Approve', 'OP-1');
    await tell.presses('dana', 'Approve', 'OP-1');
  },
  // Dana has left the team, and nobody is left for the third rung.
  {
    'roster.yml': (text) =>
      text
        .replace(/ {2}dana:\n(?: {4}.*\n)+/, '')
        .replaceAll('manager: { people: [dana] }', 'manager: { people: [ben] }'),
  },
);
