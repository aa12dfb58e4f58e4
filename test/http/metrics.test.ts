import { expect, it } from 'vitest';
import { metricsRoute } from '../../src/http/metrics.ts';

const request = {
  method: 'GET',
  path: '/metrics',
  params: {},
  query: new URLSearchParams(),
  headers: {},
  body: Buffer.alloc(0),
};

it('Several who ask at once are shown one look, and whoever asks later another one', async () => {
  let looks = 0;
  const text = (): Promise<string> => Promise.resolve(`look ${(looks += 1)}`);
  const { handle } = metricsRoute({ contentType: 'text/plain; version=0.0.4', text });
  const texts = await Promise.all([handle(request), handle(request), handle(request)]);
  expect(texts.map((each) => each.text)).toEqual(['look 1', 'look 1', 'look 1']);
  expect((await handle(request)).text).toBe('look 2');
});
