import { App } from '@slack/bolt';

// Bolt as its documentation begins: its own HTTP receiver, and a handler that does nothing but acknowledge.
const app = new App({
  signingSecret: process.argv[2] ?? '',
  authorize: async () => ({ botToken: 'xoxb-bench-0001', botId: 'B0BENCH', botUserId: 'U0BENCH' }),
});
app.command('/oncall', async ({ ack }) => {
  await ack();
});
const server = await app.start(0);
const address = server.address();
console.log(`listening on ${typeof address === 'object' && address ? address.port : 0};`);
