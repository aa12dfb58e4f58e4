import type { Story } from '../support/story.ts';

const loud = '<!channel> <@U0BEN> <http://evil.example|click here> *bold* `code` &lt;!here&gt;';

export const markup: Story = {
  title: 'Mentions, links and markup in what people and alerts say stay what they are: text',
  play: async (tell) => {
    await tell.alert(`Checkout ${loud}`, { summary: loud, service: 'checkout' });
    await tell.types('ana', `/rollback stable last-good ${loud}`);
    await tell.presses('ana', 'Withdraw', 'OP-1');
    await tell.types('ana', `/incident sev P1 ${loud}`);
    await tell.types('ana', `/incident ${loud}`);
    await tell.types('ana', `/incident resolve ${loud}`);
  },
};
