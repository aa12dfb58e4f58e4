import { once } from 'node:events';
import { connect } from 'node:net';
import { createTransport } from 'nodemailer';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startMail } from '../../src/sandbox/neighbours/mail.ts';
import type { MailServer } from '../../src/sandbox/neighbours/mail.ts';

const NOW = new Date('2026-03-01T10:00:00Z');
const PAGE = {
  from: 'Lastgood <lastgood@example.com>',
  to: ['mira@example.com', 'bo@example.com'],
  subject: 'P0 checkout 5xx – nobody acknowledged',
  text: 'Open the incident: https://example.com/INC-1',
  html: '<p>Open the <a href="https://example.com/INC-1">incident</a></p>',
  headers: { 'X-Lastgood-Effect': 'inc-1/3.1' },
};

let mail: MailServer;

beforeEach(async () => {
  mail = await startMail({ now: () => NOW });
});

afterEach(() => mail.close());

function send(options: { greetingTimeout?: number } = {}): Promise<unknown> {
  return createTransport({ url: mail.url, ...options }).sendMail(PAGE);
}

test('keeps every mail, parsed', async () => {
  let changes = 0;
  mail.onChange(() => (changes += 1));
  await send();
  expect(mail.mails()).toEqual([
    {
      from: 'lastgood@example.com',
      to: PAGE.to,
      subject: PAGE.subject,
      text: expect.stringContaining(PAGE.text) as string,
      html: expect.stringContaining(PAGE.html) as string,
      headers: expect.objectContaining({ 'x-lastgood-effect': 'inc-1/3.1' }) as object,
      receivedAt: NOW,
    },
  ]);
  expect(changes).toBe(1);
});

test('puts senders off for a while', async () => {
  mail.fail('temporary', { times: 2 });
  await expect(send()).rejects.toMatchObject({ responseCode: 451 });
  await send();
  expect(mail.mails()).toHaveLength(1);
});

test('turns connections away', async () => {
  mail.fail('refuse');
  await expect(send()).rejects.toMatchObject({ responseCode: 421 });
  mail.heal();
  await send();
  expect(mail.mails()).toHaveLength(1);
});

test('says nothing', async () => {
  mail.fail('hang');
  await expect(send({ greetingTimeout: 50 })).rejects.toMatchObject({ code: 'ETIMEDOUT' });
  expect(mail.mails()).toEqual([]);
});

test('says which port is taken', async () => {
  const port = Number(new URL(mail.url).port);
  await expect(startMail({ now: () => NOW, port })).rejects.toMatchObject({ code: 'EADDRINUSE', port });
});

test('survives a sender that breaks off', async () => {
  const socket = connect(Number(new URL(mail.url).port), '127.0.0.1');
  await once(socket, 'data');
  socket.write('MAIL FROM:<a@example.com>\r\n');
  socket.resetAndDestroy();
  await send();
  expect(mail.mails()).toHaveLength(1);
});
