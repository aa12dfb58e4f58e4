import { describe, expect, it, onTestFinished } from 'vitest';
import { people } from '../../src/sandbox/cast.ts';
import { apiTokens } from '../../src/sandbox/api-tokens.ts';
import { stillWorld, type StillWorld } from '../threats/support/still-world.ts';
import { startCollector, type Collector, type SeenSpan } from './collector.ts';

const { ana } = people;
const secretHeader = 'canary-of-the-collector';
const title = 'Checkout answers 500 for mail@example.com';

async function traced(collector: Collector): Promise<StillWorld> {
  const world = await stillWorld({}, [], {
    between: () =>
      Promise.resolve({
        OTEL_EXPORTER_OTLP_ENDPOINT: `${collector.url}/`,
        OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer%20${secretHeader}`,
        OTEL_SERVICE_NAME: 'lastgood-in-a-test',
      }),
  });
  onTestFinished(() => world.close());
  return world;
}

/** Spans from this one up to the first of its trace that was seen. */
function ancestors(spans: readonly SeenSpan[], span: SeenSpan): readonly string[] {
  const parent = spans.find(
    ({ traceId, spanId }) => traceId === span.traceId && spanId === span.parentSpanId,
  );
  return [span.name, ...(parent ? ancestors(spans, parent) : [])];
}

function named(spans: readonly SeenSpan[], name: string): SeenSpan {
  const found = spans.find((span) => span.name === name);
  if (!found) throw new Error(`no ${name} among ${spans.map((span) => span.name).join(', ')}`);
  return found;
}

describe('Traces', () => {
  it('lead from the webhook over what was decided to each page, and to what came back', async () => {
    const collector = await startCollector();
    const world = await traced(collector);
    await world.deliver('generic', { key: 'a', title, service: 'checkout', severity: 'P0' });
    await world.settle();
    await world.stopBot();

    const spans = collector.spans();
    const page = named(spans, 'carry page.pagerduty');
    expect(ancestors(spans, page)).toEqual([
      'carry page.pagerduty',
      'decide',
      'read generic',
      'receive generic',
    ]);
    expect(page.attributes).toMatchObject({
      'lastgood.effect': expect.stringMatching(/^k3x9w2\/INC-1\/\d+\.\d+$/),
      'lastgood.stream': 'INC-1',
      'lastgood.attempt': 1,
      'lastgood.outcome': 'done',
    });
    const delivered = spans.filter(
      ({ name, attributes }) =>
        name === 'decide' && String(attributes['lastgood.events']).includes('page.delivered'),
    );
    expect(delivered.map((span) => ancestors(spans, span)[1])).toContain('carry page.pagerduty');
    expect(collector.services()).toEqual(['lastgood-in-a-test']);
    expect(new Set(collector.headers())).toEqual(new Set([`Bearer ${secretHeader}`]));
  });

  it('go on after a restart', async () => {
    const collector = await startCollector();
    const world = await traced(collector);
    world.pagerduty.fail({ status: 503 });
    await world.deliver('generic', { key: 'a', title, service: 'checkout', severity: 'P0' });
    await world.settle();
    await world.stopBot();
    world.pagerduty.heal();
    await world.startBot();
    await world.pass(60_000);
    await world.stopBot();

    const tries = collector.spans().filter(({ name }) => name === 'carry page.pagerduty');
    expect(tries.map(({ attributes }) => attributes['lastgood.outcome'])).toEqual(
      expect.arrayContaining(['retry', 'done']),
    );
    expect(new Set(tries.map(({ traceId }) => traceId)).size).toBe(1);
    expect(tries[0]?.traceId).toBe(named(collector.spans(), 'receive generic').traceId);
  });

  it('go on with the trace of whoever calls the API', async () => {
    const collector = await startCollector();
    const world = await traced(collector);
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const call = (traceparent: string, service: string): Promise<Response> =>
      fetch(`${world.bot().url}/api/v1/commands/incident-declare`, {
        method: 'POST',
        headers: {
          traceparent,
          authorization: `Bearer ${apiTokens.ana}`,
          'content-type': 'application/json',
        },
        body: JSON.stringify({ line: `P1 ${service} ${title}` }),
      });
    expect((await call(`00-${traceId}-b7ad6b7169203331-01`, 'checkout')).status).toBe(200);
    expect((await call('00-nonsense', 'platform')).status).toBe(200);
    await world.settle();
    await world.stopBot();

    const spans = collector.spans();
    const requests = spans.filter(({ name }) => name === 'POST /api/v1/commands/{name}');
    expect(requests.map((span) => span.traceId === traceId)).toEqual([true, false]);
    expect(requests[0]).toMatchObject({
      parentSpanId: 'b7ad6b7169203331',
      attributes: { 'http.response.status_code': 200 },
    });
    const pages = spans.filter((span) => span.name.startsWith('carry page') && span.traceId === traceId);
    expect(pages.length).toBeGreaterThan(0);
  });

  it('hold nothing that people, alerts or settings say', async () => {
    const collector = await startCollector();
    const world = await traced(collector);
    await world.deliver('generic', { key: 'a', title, service: 'checkout', severity: 'P0', summary: title });
    await world.deliver('generic', [title]);
    await world.type(ana.id, `/rollback stable 1.4.2 ${title}`);
    await world.type(ana.id, `/rollback nowhere 1.4.2 ${title}`);
    await world.settle();
    await world.stopBot();

    expect(collector.spans().length).toBeGreaterThan(20);
    for (const kept of [title, 'mail@example.com', 'Ana', secretHeader, apiTokens.ana])
      expect(collector.heard()).not.toContain(kept);
    expect(world.log()).not.toContain(secretHeader);
  });

  it('that nobody takes are lost, which is said once and hurts nothing', async () => {
    const collector = await startCollector(400);
    const world = await traced(collector);
    await world.deliver('generic', { key: 'a', title, service: 'checkout', severity: 'P0' });
    await world.settle();
    await world.stopBot();
    expect(world.pagerduty.alerts()).toHaveLength(1);
    expect(world.log().match(/traces are not taken/g)).toHaveLength(1);
  });
});
