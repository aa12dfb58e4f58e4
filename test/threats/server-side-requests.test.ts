import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { conversations, people } from '../../src/sandbox/cast.ts';
import { signSlackRequest, type SignedRequest } from '../../src/sandbox/neighbours/slack.ts';
import { reveal } from '../../src/trust/secrets.ts';
import { canaryBody, report } from '../support/story-reports.ts';
import { watchConnections } from './support/connections.ts';
import { send } from './support/send.ts';
import { stillWorld, type StillWorld } from './support/still-world.ts';
import { signed } from './support/webhooks.ts';
import { startTrap, type Trap } from './support/trap.ts';

/** Spellings of the trap's address, and of places that are worth reaching from inside. */
const addressesOf = (port: number, slack: string): readonly string[] => [
  `http://127.0.0.1:${port}/x`,
  `http://localhost:${port}/x`,
  `http://[::ffff:127.0.0.1]:${port}/x`,
  `http://[::ffff:7f00:1]:${port}/x`,
  `http://2130706433:${port}/x`,
  `http://0x7f000001:${port}/x`,
  `http://0177.0.0.1:${port}/x`,
  `http://127.1:${port}/x`,
  `http://${slack}@127.0.0.1:${port}/x`,
  `http://hooks.slack.com@127.0.0.1:${port}/x`,
  `http://127.0.0.1:${port}#@${slack}/x`,
  `http://127.0.0.1:${port}\\@${slack}/x`,
  `http:127.0.0.1:${port}/x`,
  `//127.0.0.1:${port}/x`,
  'http://169.254.169.254/latest/meta-data/iam/security-credentials/',
  'http://[fd00:ec2::254]/latest/meta-data/',
  'http://metadata.google.internal/computeMetadata/v1/',
  'https://hooks.slack.com@rebound.example/x',
  'https://hooks.slack.com.rebound.example/x',
  'file:///etc/passwd',
  'gopher://127.0.0.1:6379/_FLUSHALL',
];

describe('No address out of a payload is ever asked:', () => {
  let world: StillWorld;
  let trap: Trap;
  let hostile: readonly string[];
  beforeAll(async () => {
    world = await stillWorld();
    trap = await startTrap();
    hostile = addressesOf(trap.port, new URL(world.slack.url).host);
  });
  afterAll(async () => {
    trap.close();
    await world.close();
  });

  /** Whom the bot may talk to, and we to the bot. */
  const neighbours = (): readonly string[] =>
    [world.bot(), world.slack, world.github, world.sentry, world.pagerduty, world.shop]
      .map(({ url }) => new URL(url).host)
      .concat(new URL(reveal(world.settings.mail!.smtpUrl)).host);

  /** Runs it, and says where else connections went meanwhile. */
  async function strangersWhile(work: () => Promise<unknown>): Promise<readonly string[]> {
    const connections = watchConnections();
    try {
      await work();
      await world.settle();
      await world.pass(60_000);
      return connections.seen().filter((host) => !neighbours().includes(host));
    } finally {
      connections.close();
    }
  }

  test('the watch sees what goes to strangers, whatever the spelling', async () => {
    const strangers = await strangersWhile(async () => {
      for (const url of hostile.slice(0, 4)) await fetch(url).catch(() => undefined);
    });
    expect(strangers).toContain(`127.0.0.1:${trap.port}`);
    expect(trap.heard()).toContain('GET /x');
  });

  test('not the response_url of a command or a click', async () => {
    /** The same request from another moment, with another address for the answer. */
    const changed = ({ url, body }: SignedRequest, id: string, address: string): SignedRequest => {
      const form = new URLSearchParams(body);
      const said = { trigger_id: id, response_url: address };
      const payload = form.get('payload');
      if (payload === null) for (const [name, value] of Object.entries(said)) form.set(name, value);
      else form.set('payload', JSON.stringify({ ...(JSON.parse(payload) as object), ...said }));
      const signingSecret = reveal(world.settings.slack.signingSecret!);
      return signSlackRequest({
        url,
        body: form.toString(),
        signingSecret,
        at: new Date(world.clock.now()),
      });
    };
    const before = trap.heard().length;
    const { dana } = people;
    const releases = conversations.releases.id;
    await world.type(people.ana.id, '/rollback stable 1.4.2 checkout answers 500');
    const typed = world.slack.payloadForCommand(dana.id, releases, '/incident', 'list');
    const pressed = world.slack.payloadForClick(dana.id, releases, world.cards()[0]!.ts, 'operation.abort');
    // What cannot be read is answered, too, and that by another way.
    const odd = { ...typed, body: typed.body.replace('channel_id=', 'no_channel=') };

    const strangers = await strangersWhile(async () => {
      for (const [n, address] of hostile.entries()) {
        for (const [kind, request] of Object.entries({ typed, pressed, odd })) {
          const { url, headers, body } = changed(request, `${kind}-${n}`, address);
          expect((await send(url, headers, body)).status).toBe(200);
        }
      }
    });

    expect(strangers).toEqual([]);
    expect(trap.heard().slice(before)).toEqual([]);
    expect(world.slack.ephemerals(dana.id)).toEqual([]);
    // What they asked for was done all the same, and what could not be read is kept.
    expect((await world.operation('OP-1')).status).toBe('withdrawn');
    expect(world.log()).toContain('could not be read; it is in quarantine');
  });

  test('no link of an alert, a webhook, a deployment or a canary report', async () => {
    const before = trap.heard().length;
    const strangers = await strangersWhile(async () => {
      for (const [n, url] of hostile.entries()) {
        const links = {
          url,
          link: url,
          externalURL: url,
          generatorURL: url,
          silenceURL: url,
          dashboardURL: url,
          panelURL: url,
          imageURL: url,
        };
        await world.deliver('generic', {
          key: `k${n}`,
          title: 'T',
          service: 'checkout',
          severity: 'P1',
          url,
          labels: links,
        });
        const alert = {
          status: 'firing',
          labels: { alertname: `A${n}` },
          annotations: { runbook_url: url, summary: `see ${url}` },
          fingerprint: `f${n}`,
          ...links,
        };
        await world.deliver('alertmanager', { version: '4', externalURL: url, alerts: [alert] });
        await world.deliver('grafana', { version: '1', externalURL: url, alerts: [alert] });
        await sign(
          'sentry',
          {
            action: 'triggered',
            data: { event: { issue_id: `i${n}`, title: 'S', url, web_url: url, issue_url: url } },
          },
          { 'Sentry-Hook-Resource': 'event_alert' },
        );
        await sign('github', {
          deployment_status: {
            id: n + 1,
            state: 'success',
            environment: 'canary',
            log_url: url,
            target_url: url,
            environment_url: url,
            url,
          },
          deployment: { ref: `v1.7.${n}`, environment: 'canary', payload: {}, statuses_url: url },
          repository: { full_name: 'shop/storefront', url, html_url: url },
        });
        await sign('pagerduty', {
          event: {
            event_type: 'incident.acknowledged',
            agent: { id: 'PANA', type: 'user_reference', html_url: url, self: url },
            data: { title: 'x', incident_key: 'lastgood/k3x9w2/INC-1/rung-1.1', html_url: url, self: url },
          },
        });
        await report(world, 'deployments', { channel: 'canary', version: `1.8.${n}`, url });
        await report(
          world,
          'canary',
          canaryBody(world.clock.now(), { version: `1.8.${n}`, error_rate: 0.2, url }),
        );
      }
    });
    expect(strangers).toEqual([]);
    expect(trap.heard().slice(before)).toEqual([]);
    // They did arrive, and were acted on.
    expect((await world.bot().store.listStreams('incident')).length).toBeGreaterThan(0);
    expect(JSON.stringify(world.slack.messages(conversations.releases.id))).toContain(`:${trap.port}/x`);
  });

  async function sign(
    source: 'sentry' | 'github' | 'pagerduty',
    body: object,
    more: Record<string, string> = {},
  ): Promise<void> {
    const text = JSON.stringify(body);
    const { status } = await send(
      `${world.bot().url}/webhooks/${source}`,
      { ...signed(world, source, text), ...more },
      text,
    );
    expect(status).toBe(202);
  }
});
