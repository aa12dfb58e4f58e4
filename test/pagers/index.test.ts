import { expect, it } from 'vitest';
import { pagers } from '../../src/pagers/index.ts';
import { secret } from '../../src/trust/secrets.ts';

const pagerduty = { routingKey: secret('R0UT1NG'), eventsUrl: 'https://events.pagerduty.com' };
const mail = { smtpUrl: secret('smtp://127.0.0.1:25'), from: 'lastgood@acme.example' };

it('has every way to page that is configured', () => {
  const types = (config: Parameters<typeof pagers>[0]) => pagers(config).flatMap((pager) => pager.types);
  expect(types({ pagerduty, mail, secrets: [] })).toEqual(['page.pagerduty', 'page.mail']);
  expect(types({ pagerduty: undefined, mail, secrets: [] })).toEqual(['page.mail']);
  expect(types({ pagerduty: undefined, mail: undefined, secrets: [] })).toEqual([]);
});
