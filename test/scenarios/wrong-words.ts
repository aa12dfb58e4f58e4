import type { Story } from '../support/story.ts';

export const wrongWords: Story = {
  title: 'Wrong words: each gets an answer that says what to do',
  play: async (tell) => {
    await tell.types('ana', '/rollback');
    await tell.types('ana', '/rollback stabel 1.4.2 checkout answers 500');
    await tell.types('ana', '/rollback prod 1.4.2 checkout answers 500');
    await tell.types('ana', '/rollback stable');
    await tell.types('ana', '/rollback stable 1.5 checkout answers 500');
    await tell.types('ana', '/rollback stable 9.9.9 checkout answers 500');
    await tell.types('ana', '/rollback stable 1.5.0 checkout answers 500');
    await tell.types('ana', '/rollback stable 1.4.2');
    await tell.types('ana', '/rollback stable 1.4.2    ');
    await tell.types('ana', `/rollback stable 1.4.2 ${'why '.repeat(1_000)}`);
    await tell.types('ana', '/rollback stable $(reboot) checkout answers 500');
    await tell.types('ana', '/rollback stable --force checkout answers 500');
    await tell.types('ana', '/rollback canary last-good it crashes');
    await tell.types('ana', '/incident');
    await tell.types('ana', '/incident akc');
    await tell.types('ana', '/incident ack');
    await tell.types('ana', '/incident ack INC-7');
    await tell.types('ana', '/incident timeline INC-7');
    await tell.types('ana', '/incident declare P5 checkout it burns');
    await tell.types('ana', '/incident declare P1 chekout it burns');
    await tell.types('ana', '/incident declare P1 checkout');
    await tell.types('ana', '/oncall shop');
    await tell.types('ana', '/channels stable');
    await tell.types('ana', '/channels set stable 1.5.0 it is live');
    await tell.types('ana', '/lastgood');
    await tell.types('ana', '/lastgood help');
  },
};
