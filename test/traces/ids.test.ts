import { expect, it } from 'vitest';
import { contextOfItem, idsToBeSaid, readTraceparent, writeTraceparent } from '../../src/traces/ids.ts';

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

it('A traceparent is read as it was written', () => {
  const read = readTraceparent(traceparent);
  expect(read && writeTraceparent(read)).toBe(traceparent);
  // A later version may say more behind it.
  expect(readTraceparent(`01${traceparent.slice(2)}-more`)).toEqual(read);
});

it.each([
  undefined,
  ['00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'],
  '',
  '00-0af7-b7ad-01',
  traceparent.toUpperCase(),
  traceparent.replace('0af7651916cd43dd8448eb211c80319c', '0'.repeat(32)),
  traceparent.replace('b7ad6b7169203331', '0'.repeat(16)),
  `ff${traceparent.slice(2)}`,
])('%j is none', (value) => {
  expect(readTraceparent(value)).toBeUndefined();
});

it('Whoever has an item in hand knows the trace it began', () => {
  expect(contextOfItem('generic/1')).toEqual(contextOfItem('generic/1'));
  expect(contextOfItem('generic/1').traceId).not.toBe(contextOfItem('generic/2').traceId);
  expect(writeTraceparent(contextOfItem('generic/1'))).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
});

it('Ids that were said are taken once, in whichever order', () => {
  const ids = idsToBeSaid();
  const said = contextOfItem('generic/1');
  for (const order of [0, 1]) {
    ids.say(said);
    const first = order === 0 ? ids.generateSpanId() : undefined;
    const trace = ids.generateTraceId();
    expect([trace, first ?? ids.generateSpanId()]).toEqual([said.traceId, said.spanId]);
    expect([ids.generateTraceId(), ids.generateSpanId()]).not.toEqual([said.traceId, said.spanId]);
  }
});
