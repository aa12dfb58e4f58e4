import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { people } from '../../src/sandbox/cast.ts';
import { interpreted } from './support/interpreted.ts';
import { stillWorld, type StillWorld } from './support/still-world.ts';

let world: StillWorld;
beforeAll(async () => {
  world = await stillWorld();
});
afterAll(() => world.close());

const { ana, ben } = people;

/** What Slack brings to life, pieces of it, and what could undo an escape. */
const live = [
  '<!channel>',
  '<!here|here>',
  '<!subteam^S0ABC|@all>',
  '<!date^0^{date}|x>',
  '<@U0BEN>',
  '<#C0INCIDENTS>',
  '<https://evil.example|log in>',
  '<mailto:evil@evil.example>',
  'https://evil.example',
  '@channel',
  '&lt;!channel&gt;',
  '&',
  '<',
  '>',
  '|',
  '!',
  '*',
  '```',
  '\n',
  '\r\n> ',
  '\u202e',
  '\u0000',
  '\ud800',
  ':fire:',
  '{{version}}',
  '"}]',
];

const hostile = fc
  .array(fc.oneof(fc.constantFrom(...live), fc.string({ unit: 'binary', maxLength: 8 })), {
    minLength: 1,
    maxLength: 25,
  })
  .map((pieces) => `x${pieces.join('')}`);

test('No words of others are live in Slack: no mention, no link, wherever they end up', async () => {
  let incidents = 0;
  const texts = fc.record({ title: hostile, summary: hostile, key: hostile, reason: hostile, word: hostile });
  await fc.assert(
    fc.asyncProperty(texts, async ({ title, summary, key, reason, word }) => {
      const alert = { title, summary, key, url: `https://alerts.example/${word}`, labels: { [word]: title } };
      expect(await world.deliver('generic', { ...alert, status: 'firing', service: 'checkout' })).toBe(202);
      await world.settle();
      incidents += 1;
      const incident = `INC-${incidents}`;
      await world.type(ana.id, `/rollback stable 1.4.2 ${reason}`);
      await world.type(ana.id, `/rollback ${word} ${word} ${reason}`);
      await world.type(ana.id, `/${['incident', 'lastgood', 'oncall'][incidents % 3]} ${word}`);
      await world.type(ben.id, `/incident sev ${incident} P1 ${reason}`);
      const plan = world.slack
        .messages('C0INCIDENTS')
        .findLast(({ blocks }) => JSON.stringify(blocks).includes('operation.reject'));
      if (plan) await world.slack.as(ben.id).click('C0INCIDENTS', plan.ts, 'operation.reject');
      await world.settle();
      await world.type(ana.id, `/incident resolve ${incident} ${reason}`);
      await world.pass(60_000);

      expect((await world.bot().store.listStreams('incident'))[0]?.id).toBe(incident);
      expect(liveWords()).toEqual([]);
    }),
    { numRuns: 12, endOnFailure: true },
  );
  // It would prove nothing if the words had not come through.
  expect(mrkdwnTexts().join()).toContain('&lt;');
  expect(mrkdwnTexts().filter((text) => text.includes('Post-mortem')).length).toBeGreaterThan(0);
  expect(world.log()).not.toContain('"level":"error"');
}, 60_000);

/** All text that Slack interprets, of every message that it has. */
function mrkdwnTexts(): readonly string[] {
  const { slack } = world;
  const messages = [
    ...slack.conversations().flatMap(({ id }) => slack.messages(id)),
    ...Object.values(people).flatMap(({ id }) => slack.ephemerals(id)),
  ];
  return messages.flatMap(({ text, blocks }) => [text, ...interpreted(blocks)]);
}

/** What is left when the constructs that are ours are taken away: a time, a link to a run, the way to a card, whom we ask. */
function liveWords(): readonly string[] {
  return mrkdwnTexts()
    .map((text) =>
      text
        .replace(/<!date\^\d{9,}\^[^|<>]*\|[^|<>]*>/g, '')
        .replaceAll(`<${world.github.url}/`, '')
        .replace(
          /<https:\/\/lastgood-sandbox\.slack\.com\/archives\/C0INCIDENTS\/p\d+\|((?:The live|Its) card)>/,
          '$1',
        )
        .replace(/^👉 Asked: (?:<@U0(?:BEN|DANA)>(?:, )?)+$/m, '')
        .replace(/(?:^|\. )The live card is in <#C0INCIDENTS>\.$/, '')
        .replace(/^(OP-\d+ · plan \w+) · Its card is in <#C0INCIDENTS>\.$/, '$1'),
    )
    .filter((text) => /<|\0|[\u202a-\u202e]/.test(text));
}
