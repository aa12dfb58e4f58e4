import type { Story } from '../support/story.ts';

export const ladder: Story = {
  title: 'Nobody answers: the whole ladder, three times, and then the last resort',
  play: async (tell) => {
    await tell.alert('Checkout answers 500');
    await tell.passes('65m');
    await tell.types('dana', '/incident list');
    await tell.types('dana', '/incident ack');
    await tell.passes('10m');
  },
};
