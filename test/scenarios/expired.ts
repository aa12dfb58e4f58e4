import type { Story } from '../support/story.ts';

export const expired: Story = {
  title: 'Nobody approves in time',
  play: async (tell) => {
    await tell.types('ana', '/rollback canary 1.6.0-rc.1 try the candidate again');
    await tell.types('ana', '/channels set canary 1.6.0-rc.2 second candidate');
    await tell.types('ana', '/rollback canary 1.6.0-rc.1 the second candidate crashes');
    await tell.types('ben', '/rollback canary last-good me too');
    await tell.passes('1h');
    await tell.pressesLate('ben', 'Approve', 'OP-1');
    await tell.types('ben', '/rollback canary last-good the second candidate crashes');
    await tell.presses('dana', 'Approve', 'OP-2');
    await tell.passes('30s');
  },
};
