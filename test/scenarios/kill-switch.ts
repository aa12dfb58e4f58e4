import type { Story } from '../support/story.ts';

export const killSwitch: Story = {
  title: 'Somebody pulls the kill switch in the middle of a rollback, and two people turn it back',
  play: async (tell) => {
    await tell.alert('Checkout answers 500');
    await tell.presses('ana', 'Acknowledge', 'INC-1');
    await tell.types('ana', '/rollback stable last-good checkout answers 500');
    await tell.types('ana', '/lastgood freeze deploys go to the wrong cluster');
    await tell.presses('ben', 'Approve', 'OP-1');
    await tell.passes('1m');
    await tell.types('ana', '/lastgood unfreeze it is mended');
    await tell.presses('ben', 'It may go on', 'the freeze');
    await tell.presses('ben', 'It may go on', 'the freeze');
    await tell.types('ana', '/lastgood freeze the second cluster is still wrong');
    await tell.presses('dana', 'It may go on', 'the freeze');
    await tell.types('ana', '/channels');
    await tell.types('ben', '/lastgood unfreeze both clusters are right again');
    await tell.passes('1m');
    await tell.pressesLate('dana', 'It may go on', 'the freeze');
    await tell.alertResolves('Checkout answers 500');
    await tell.presses('ana', 'Resolve', 'INC-1');
  },
};
