import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { loadErrorReports } from '../../src/bot/error-reports.ts';
import { createLog } from '../../src/bot/log.ts';
import { readSettings, secretsOf } from '../../src/config.ts';
import { reveal, secret } from '../../src/trust/secrets.ts';
import { newSigningKey } from '../../src/trust/signing-key.ts';

/** Every setting that is a secret, each with a value that stands nowhere else. */
const environment = {
  SLACK_BOT_TOKEN: 'xoxb-canary-0001',
  SLACK_APP_TOKEN: 'xapp-canary-0002',
  SLACK_SIGNING_SECRET: 'canary-of-slack-0003',
  PAGERDUTY_ROUTING_KEY: 'canary0004canary0004canary0004ab',
  PAGERDUTY_API_TOKEN: 'u+canary0005',
  PAGERDUTY_FROM: 'lastgood@shop.example',
  GITHUB_TOKEN: 'ghp_canary0006',
  SENTRY_AUTH_TOKEN: 'sntrys_canary0007',
  SENTRY_ORG: 'shop',
  SMTP_URL: 'smtp://lastgood:canary%2F0008@mail.shop.example:587',
  MAIL_FROM: 'lastgood@shop.example',
  DATABASE_URL: 'postgres://lastgood:canary-0009@db.shop.example/lastgood',
  PAGERDUTY_WEBHOOK_SECRET: 'canary-of-webhooks-0010',
  SENTRY_CLIENT_SECRET: 'canary-of-webhooks-0011',
  GITHUB_WEBHOOK_SECRET: 'canary-of-webhooks-0012,canary-of-webhooks-0013',
  GRAFANA_WEBHOOK_SECRET: 'canary-of-webhooks-0014',
  SIGNING_KEY: newSigningKey().privatePem,
};
const alsoInside = ['canary/0008', 'canary-0009'];

test('No secret is in an error report, wherever the error carries it', async () => {
  const read = readSettings(environment);
  if (!read.ok) throw new Error(read.problems.join('\n'));
  const secrets = secretsOf(read.settings);
  const values = [...secrets.map(reveal), ...alsoInside];
  // A secret that nobody has put here would not be looked for.
  const given = Object.entries(environment).filter(([name]) => !/_FROM$|_ORG$/.test(name));
  for (const [name, value] of given)
    for (const part of name === 'SIGNING_KEY' ? [value.trim()] : value.split(','))
      expect(values.map((each) => each.trim())).toContain(part);

  const heard: string[] = [];
  const sink = createServer((request, response) => {
    void buffer(request).then((body) => {
      const isPacked = request.headers['content-encoding'] === 'gzip';
      heard.push((isPacked ? gunzipSync(body) : body).toString());
      response.end('{}');
    });
  });
  sink.listen(0, '127.0.0.1');
  await once(sink, 'listening');
  const { port } = sink.address() as AddressInfo;

  const reports = await loadErrorReports(secret(`http://key@127.0.0.1:${port}/1`), secrets);
  const lines: string[] = [];
  const log = createLog({
    level: 'trace',
    secrets,
    write: (line) => lines.push(line),
    onError: (error) => reports.report(error),
  });
  for (const [index, value] of values.entries()) {
    const cause = Object.assign(new Error(`for ${encodeURIComponent(value)}`), { code: value });
    const inBase64 = Buffer.from(`user:${value}`).toString('base64');
    const error = Object.assign(new Error(`error ${index}: ${value} was refused`, { cause }), {
      config: { headers: { authorization: `Basic ${inBase64}` } },
      request: JSON.stringify({ value }),
    });
    error.name = `Refused ${value}`;
    log.error({ error, [`field ${value}`]: value }, `failed with ${value}`);
    log.error({ error: { message: value } }, 'something that is no error');
  }
  await reports.flush();
  sink.close();
  sink.closeAllConnections();

  const said = { reports: heard.join('\n'), log: lines.join('') };
  const forms = (value: string): readonly string[] => [
    value,
    value.trim().split('\n').at(-2) ?? value,
    encodeURIComponent(value),
    JSON.stringify(value).slice(1, -1),
    Buffer.from(`user:${value}`).toString('base64'),
  ];
  for (const [where, text] of Object.entries(said)) {
    expect([where, values.flatMap(forms).filter((form) => text.includes(form))]).toEqual([where, []]);
    // It would prove nothing if they had not come through.
    for (const index of values.keys()) expect(text).toContain(`error ${index}: [secret] was refused`);
  }
}, 30_000);
