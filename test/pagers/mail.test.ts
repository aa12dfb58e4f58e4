import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CardUrl } from '../../src/core/card-url.ts';
import type { EffectOf, Errand } from '../../src/core/effect.ts';
import { mailPager } from '../../src/pagers/mail.ts';
import { startMail, type MailServer } from '../../src/sandbox/neighbours/mail.ts';
import { secret } from '../../src/trust/secrets.ts';
import { pagerContract } from '../contract/pager.ts';

const password = 'canary-p4ssw0rd';
const at = Date.parse('2026-11-22T03:00:00Z');

function errand(change: Partial<EffectOf<'page.mail'>> = {}): Errand<'page.mail'> {
  return {
    id: 'INC-12/5.0',
    stream: 'INC-12',
    effect: {
      type: 'page.mail',
      person: 'ana',
      to: ['ana@acme.example'],
      subject: 'P0 on shop/stable: checkout answers 500',
      text: 'Nobody has acknowledged INC-12 for 5m.\n',
      severity: 'P0',
      ...change,
    },
    state: undefined,
    attempt: 1,
    mayHaveHappened: false,
    receipt: {},
    overdue: false,
    now: at,
    signal: AbortSignal.timeout(5_000),
  };
}

/** As far as it is known; the state of these errands is none. */
const cardUrl: CardUrl = (stream, state) =>
  state === 'posted' ? `https://acme.slack.com/archives/C0/p1?${stream}` : undefined;

const pagerFor = (smtpUrl: string, from = 'Lastgood <lastgood@acme.example>') =>
  mailPager({ smtpUrl: secret(smtpUrl), from, cardUrl, secrets: [secret(smtpUrl)] });

type Mood = 'well' | 'refuse' | 'break' | 'slow-down' | 'hang' | 'lose';

/** A mail server that wants a password, and has moods. */
async function startMoody() {
  let mood: Mood = 'well';
  const arrived: string[] = [];
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS'],
    disableReverseLookup: true,
    allowInsecureAuth: true,
    closeTimeout: 1,
    onAuth({ password: given }, _session, done) {
      if (mood === 'refuse') done(smtpError(535, `5.7.8 wrong password ${given ?? ''}`));
      else done(null, { user: 'bot' });
    },
    onMailFrom(_address, _session, done) {
      if (mood === 'slow-down') done(smtpError(450, '4.7.1 too many mails'));
      else done();
    },
    onRcptTo({ address }, _session, done) {
      done(address.startsWith('gone@') ? smtpError(550, '5.1.1 no such mailbox') : undefined);
    },
    onData(stream, _session, done) {
      let raw = '';
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        raw += chunk;
      });
      stream.on('end', () => {
        if (mood === 'break') return done(smtpError(451, '4.3.0 disk full'));
        if (mood === 'hang') return undefined;
        arrived.push(/^Message-ID: (.*)$/im.exec(raw)?.[1]?.trim() ?? 'none');
        if (mood !== 'lose') return done();
        for (const connection of server.connections) connection.close();
        return undefined;
      });
    },
  });
  server.on('error', () => {});
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  const { port } = server.server.address() as AddressInfo;
  return {
    url: `smtp://bot:${password}@127.0.0.1:${port}`,
    arrived: () => arrived,
    be: (next: Mood) => {
      mood = next;
    },
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

function smtpError(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode });
}

pagerContract(async () => {
  const server = await startMoody();
  return {
    pager: pagerFor(server.url),
    errand: errand(),
    secret: password,
    arrived: server.arrived,
    fail: server.be,
    heal: () => server.be('well'),
    close: server.close,
  };
});

it('names in the receipt whom the mail server would not take, when it took others', async () => {
  const server = await startMoody();
  const outcome = await pagerFor(server.url).carry(errand({ to: ['ana@acme.example', 'gone@acme.example'] }));
  await server.close();
  expect(outcome).toEqual({
    status: 'done',
    receipt: { message_id: '<INC-12.5.0@acme.example>', refused: 'gone@acme.example' },
  });
});

describe('a page by mail', () => {
  let server: MailServer;
  beforeEach(async () => {
    server = await startMail({ now: () => new Date(at) });
  });
  afterEach(() => server.close());

  it('is a plain mail to the people that policy names, under a Message-ID made of the errand', async () => {
    const to = ['ana@acme.example', 'ops@acme.example'];
    expect(await pagerFor(server.url).carry(errand({ to }))).toEqual({
      status: 'done',
      receipt: { message_id: '<INC-12.5.0@acme.example>' },
    });
    const [mail] = server.mails();
    expect(mail).toMatchObject({
      from: 'lastgood@acme.example',
      to,
      subject: 'P0 on shop/stable: checkout answers 500',
      text: 'Nobody has acknowledged INC-12 for 5m.\n',
      html: undefined,
    });
    expect(mail?.headers).toMatchObject({
      'message-id': '<INC-12.5.0@acme.example>',
      'auto-submitted': 'auto-generated',
      date: 'Sun, 22 Nov 2026 03:00:00 +0000',
    });
  });

  it.each([
    ['a header', 'down\r\nBcc: eve@evil.example'],
    ['a bare line feed', 'down\nBcc: eve@evil.example'],
    ['an end of the mail', 'down\r\n.\r\nMAIL FROM:<eve@evil.example>'],
    ['a NUL and an escape', 'down\0\u001b[2J'],
    ['a Unicode line separator', 'down\u2028Bcc: eve@evil.example'],
  ])('keeps %s in the subject within the subject', async (_, subject) => {
    await pagerFor(server.url).carry(errand({ subject }));
    expect(server.mails()).toHaveLength(1);
    const [mail] = server.mails();
    expect(mail?.to).toEqual(['ana@acme.example']);
    expect(Object.keys(mail?.headers ?? {})).not.toContain('bcc');
    expect(mail?.subject).toMatch(/^down \P{Cc}+$/u);
  });

  it('sends text as text: no line of it ends the mail, and no address in it gets one', async () => {
    const text = 'one\r\n.\r\ntwo\nBcc: eve@evil.example\n${{ x }} $(id)\n';
    await pagerFor(server.url).carry(errand({ text }));
    expect(server.mails()).toHaveLength(1);
    expect(server.mails()[0]?.text.replaceAll('\r', '')).toBe(text.replaceAll('\r', ''));
    expect(server.mails()[0]?.to).toEqual(['ana@acme.example']);
  });

  it('takes an address for one address, whatever is in it', async () => {
    const outcome = await pagerFor(server.url).carry(errand({ to: ['ana@acme.example, eve@evil.example'] }));
    expect(outcome.status).toBe('failed');
    expect(server.mails()).toEqual([]);
  });

  it('scrubs secrets out of subject and text', async () => {
    const known = secret('xoxb-canary-123');
    const pager = mailPager({ smtpUrl: secret(server.url), from: 'a@b.example', cardUrl, secrets: [known] });
    await pager.carry(errand({ subject: 'token xoxb-canary-123', text: 'token xoxb-canary-123\n' }));
    expect(server.mails()[0]).toMatchObject({ subject: 'token [secret]', text: 'token [secret]\n' });
  });

  it('leads to the card, once anybody knows where that is', async () => {
    await pagerFor(server.url).carry({ ...errand({ text: 'Down.' }), state: 'posted' });
    expect(server.mails()[0]?.text.trimEnd()).toBe(
      'Down.\nIts card is here: https://acme.slack.com/archives/C0/p1?INC-12',
    );
  });

  it('has failed when there is nobody to send it to', async () => {
    expect(await pagerFor(server.url).carry(errand({ to: [] }))).toMatchObject({ status: 'failed' });
  });

  it('wants to try again when every recipient is put off', async () => {
    server.fail('temporary');
    expect(await pagerFor(server.url).carry(errand())).toEqual({
      status: 'retry',
      why: expect.stringMatching(/^The mail server put us off: .*451/),
      mayHaveHappened: false,
    });
  });

  it.each(['nobody', 'a@b.example, c@d.example', ''])('refuses %o as sender at boot', (from) => {
    expect(() => pagerFor('smtp://127.0.0.1:9', from)).toThrow(/^MAIL_FROM/);
  });
});
