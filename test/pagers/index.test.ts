import { expect, it } from 'vitest';
import { pagers } from '../../src/pagers/index.ts';
import { secret } from '../../src/trust/secrets.ts';

const pagerduty = { routingKey: secret('R0UT1NG'), eventsUrl: 'https://events.pagerduty.com' };
const mail = { smtpUrl: secret('smtp://127.0.0.1:25'), from: 'lastgood@acme.example' };

it('has every way to page that is configured', () => {
  const types = (config: Pick<Parameters<typeof pagers>[0], 'pagerduty' | 'mail'>) =>
    pagers({ ...config, cardUrl: () => undefined, secrets: [] }).flatMap((pager) => pager.types);
  expect(types({ pagerduty, mail })).toEqual(['page.pagerduty', 'page.mail']);
  expect(types({ pagerduty: undefined, mail })).toEqual(['page.mail']);
  expect(types({ pagerduty: undefined, mail: undefined })).toEqual([]);
});
