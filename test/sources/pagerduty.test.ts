import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { MalformedBody } from '../../src/core/source.ts';
import { readPagerdutyEvent } from '../../src/sources/pagerduty.ts';

const captured = JSON.parse(readFileSync('test/captures/pagerduty/incident.resolved.json', 'utf8')) as {
  readonly event: { readonly agent: object; readonly data: object };
};
const published = JSON.parse(readFileSync('test/captures/pagerduty/signed.json', 'utf8')) as { body: string };

/** What PagerDuty sent, about an incident of ours. */
function read(
  changes: { readonly event?: object; readonly agent?: object | null; readonly data?: object } = {},
) {
  const agent = changes.agent === undefined ? captured.event.agent : changes.agent;
  const data = { ...captured.event.data, incident_key: 'lastgood/k3x9w2/INC-7/rung-1.1', ...changes.data };
  return readPagerdutyEvent(
    Buffer.from(JSON.stringify({ event: { ...captured.event, ...changes.event, agent, data } })),
  );
}

it('reads who did what to which page', () => {
  const assignees = [{ summary: 'Ben\u202e Okafor', id: 'PBEN', type: 'user_reference' }];
  expect(read({ data: { assignees, created_at: '2021-06-04T13:12:15Z' } })).toEqual({
    incident: 'INC-7',
    report: {
      type: 'pagerduty.report',
      did: 'resolved',
      key: 'lastgood/k3x9w2/INC-7/rung-1.1',
      user: { id: 'PJ0LVEB', name: 'PIG 208' },
      occurredAt: Date.parse('2021-06-04T13:16:53.816Z'),
      beganAt: Date.parse('2021-06-04T13:12:15Z'),
      assignees: ['Ben Okafor'],
    },
  });
});

it.each(['acknowledged', 'unacknowledged', 'reopened', 'reassigned', 'escalated', 'delegated'])(
  'reads that it was %s',
  (did) => {
    expect(read({ event: { event_type: `incident.${did}` } })).toMatchObject({ report: { did } });
  },
);

it.each([
  ['nobody', null],
  ['an integration, such as ours', { id: 'P1', type: 'events_api_v2_inbound_integration_reference' }],
])('knows no user when it was done by %s', (_, agent) => {
  expect(read({ agent })).toMatchObject({ report: { user: undefined } });
});

it('takes the title as we wrote it where PagerDuty leaves the key out', () => {
  const title = 'P0 INC-12: Checkout answers 500 (Checkout, shop/stable)';
  expect(read({ data: { incident_key: null, title } })).toMatchObject({
    incident: 'INC-12',
    report: { key: undefined },
  });
});

it('reads a key that an earlier version gave, before stores had a name', () => {
  const incident_key = 'lastgood/INC-7/rung-1.1';
  expect(read({ data: { incident_key } })).toMatchObject({
    incident: 'INC-7',
    report: { key: incident_key },
  });
});

it.each([
  ['of another system', { incident_key: 'checkout-5xx' }],
  ['made by hand', { incident_key: null, title: 'Somebody look at INC-12' }],
  ['of another system that quotes us', { incident_key: 'd3640fbd', title: 'P0 INC-12: Checkout' }],
])('ignores an incident %s', (_, data) => {
  expect(read({ data })).toEqual({ ignored: 'it is about an incident that Lastgood did not open' });
});

it('ignores what changes nothing here', () => {
  expect(readPagerdutyEvent(Buffer.from(published.body))).toEqual({
    ignored: 'it is incident.priority_updated, which changes nothing here',
  });
});

it.each(['{', '{}', '{"event":{"event_type":"incident.resolved","data":{}}}'])('refuses %s', (text) => {
  expect(() => readPagerdutyEvent(Buffer.from(text))).toThrow(MalformedBody);
});
