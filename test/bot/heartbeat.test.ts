import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { fitness, type Audited } from '../../src/bot/fitness.ts';
import { startHeartbeat } from '../../src/bot/heartbeat.ts';
import { readiness } from '../../src/bot/readiness.ts';
import { systemClock } from '../../src/engine/system-clock.ts';
import { createMetrics } from '../../src/metrics/metrics.ts';
import { StoreUnavailable, type Store } from '../../src/store/store.ts';
import { secret } from '../../src/trust/secrets.ts';
import { delivery, move, writeStream } from '../contract/store-samples.ts';
import { openWorkshop, page } from '../engine/workshop.ts';
import { minute, second, start } from '../support/given.ts';

/** A switch outside, which counts the signs of life that it hears. */
async function aSwitch(answer: RequestListener = (_, response) => response.end('OK')) {
  const heard: string[] = [];
  const server = createServer((request, response) => {
    heard.push(`${request.method} ${request.url}`);
    answer(request, response);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { heard, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/ping/tokentokentoken` };
}

function beatTo(url: string, unfit: () => Promise<string | undefined>) {
  const said: string[] = [];
  const note = (fields: object, text: string): void => void said.push(`${text} ${JSON.stringify(fields)}`);
  const metrics = createMetrics({ sources: [], build: { version: '0.0.0', store: 'sqlite' } });
  const heartbeat = startHeartbeat({
    url: secret(url),
    unfit,
    metrics,
    clock: systemClock(),
    log: { info: note, warn: note, error: note },
    every: 20,
  });
  onTestFinished(heartbeat.stop);
  return { ...heartbeat, said, metrics };
}

describe('The switch outside', () => {
  it('hears a sign of life as long as all is well', async () => {
    const { heard, url } = await aSwitch();
    const { notes, metrics } = beatTo(url, () => Promise.resolve(undefined));
    await vi.waitFor(() => expect(heard.length).toBeGreaterThan(2));
    expect(new Set(heard)).toEqual(new Set(['GET /ping/tokentokentoken']));
    expect(notes()).toEqual([]);
    expect(await metrics.text()).toMatch(/^lastgood_heartbeat_timestamp_seconds \d{10}/m);
  });

  it('hears none while something is wrong, which is said once, and one again afterwards', async () => {
    const { heard, url } = await aSwitch();
    let why: string | undefined = 'the store does not take anything';
    let asked = 0;
    const { notes, said, metrics } = beatTo(url, () => {
      asked += 1;
      return Promise.resolve(why);
    });
    await vi.waitFor(() => expect(asked).toBeGreaterThan(3));
    expect(heard).toEqual([]);
    expect(notes()).toEqual([
      'The heartbeat is withheld from the switch outside: the store does not take anything',
    ]);
    expect(said).toHaveLength(1);
    expect(await metrics.text()).toMatch(/^lastgood_heartbeat_fit 0$/m);
    why = undefined;
    await vi.waitFor(() => expect(heard).not.toEqual([]));
    await vi.waitFor(() => expect(said).toHaveLength(2));
    expect(notes()).toEqual([]);
  });

  it.each([
    [
      'hangs up',
      (_, response) => void response.destroy(),
      /^The heartbeat is not taken by the switch outside: /,
    ],
    ['answers 500', (_, response) => void response.writeHead(500).end(), /outside: it answered 500$/],
    // Whoever is led elsewhere takes the token along.
    ['sends it on', (_, response) => void response.writeHead(302, { location: '/' }).end(), /answered 302$/],
  ] satisfies readonly (readonly [string, RequestListener, RegExp])[])(
    'that %s harms nothing, and its address is shown nowhere',
    async (_, answer, note) => {
      const { heard, url } = await aSwitch(answer);
      const { notes, said } = beatTo(url, () => Promise.resolve(undefined));
      await vi.waitFor(() => expect(notes().join()).toMatch(note));
      expect(heard).not.toContain('GET /');
      expect(`${said.join()}${notes().join()}`).not.toContain('tokentokentoken');
    },
  );

  it('that hangs is not asked twice at once', async () => {
    const { heard, url } = await aSwitch(() => undefined);
    let asked = 0;
    beatTo(url, async () => {
      asked += 1;
      return undefined;
    });
    await vi.waitFor(() => expect(heard).toHaveLength(1));
    await new Promise((resolve) => {
      setTimeout(resolve, 100);
    });
    expect(asked).toBe(1);
    expect(heard).toHaveLength(1);
  });
});

describe('A sign of life is given', () => {
  const well: Audited = { at: start, passed: true };

  async function patient(
    options: {
      readonly audited?: Audited | undefined;
      readonly state?: { readonly started: boolean; readonly draining: boolean };
      readonly through?: (store: Store) => Partial<Store>;
    } = {},
  ) {
    const workshop = await openWorkshop();
    const { state = { started: true, draining: false }, through = () => ({}) } = options;
    const store = { ...workshop.store, ...through(workshop.store) };
    const now = workshop.clock.now;
    const audited = 'audited' in options ? options.audited : well;
    const unfit = fitness({
      store,
      unready: readiness({ store, state, now }),
      audited: () => audited,
      now,
    });
    return { ...workshop, unfit };
  }

  it('when all is well', async () => {
    const { unfit } = await patient();
    expect(await unfit()).toBeUndefined();
  });

  it.each([
    ['it is starting', { state: { started: false, draining: false } }, 'starting'],
    ['it is stopping', { state: { started: true, draining: true } }, 'draining'],
    [
      'the store takes nothing',
      { through: () => ({ writeMark: () => Promise.reject(new StoreUnavailable('read-only')) }) },
      'the store does not take anything',
    ],
    [
      'the store cannot be read',
      { through: () => ({ outstanding: () => Promise.reject(new StoreUnavailable('gone')) }) },
      'the store does not answer',
    ],
    [
      'others took this replica for dead',
      { through: () => ({ lease: () => () => false }) },
      'the other replicas have not heard of this one for too long',
    ],
    ['the audit failed', { audited: { at: start, passed: false } }, 'the audit of itself failed'],
    ['there was no audit', { audited: undefined }, 'it has not audited itself yet'],
  ] satisfies readonly (readonly [string, Parameters<typeof patient>[0], string])[])(
    'not when %s',
    async (_, options, why) => {
      const { unfit } = await patient(options);
      expect(await unfit()).toBe(why);
    },
  );

  it('not when a page is stuck for more than a minute', async () => {
    const { unfit, enqueue, advance } = await patient();
    await enqueue({ type: 'slack.card', conversation: 'C1', severity: 'P0' });
    await advance(minute);
    await enqueue(page('checkout'));
    await advance(minute);
    expect(await unfit()).toBeUndefined();
    await advance(second);
    expect(await unfit()).toBe('a page has not gone out for 1m 1s');
  });

  it('not when a rung is not called for more than a minute', async () => {
    const { unfit, store, advance } = await patient();
    await writeStream(store, move('INC-1', 0, 1, { alias: 'checkout', wakeAt: start }));
    await advance(minute);
    expect(await unfit()).toBeUndefined();
    await advance(second);
    expect(await unfit()).toBe('a rung has not been called for 1m 1s');
  });

  it('not when an alert is not read for more than a minute; what people type waits for Slack', async () => {
    const { unfit, store, clock, advance } = await patient();
    await store.receive({ ...delivery('slack/1', clock.now()), source: 'slack' });
    await advance(minute);
    await store.receive(delivery('alertmanager/1', clock.now()));
    await advance(minute);
    expect(await unfit()).toBeUndefined();
    await advance(second);
    expect(await unfit()).toBe('what came in has not been read for 1m 1s');
  });
});
