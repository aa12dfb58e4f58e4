import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import PostalMime from 'postal-mime';
import { SMTPServer } from 'smtp-server';
import { createListeners } from './listeners.ts';

export interface Mail {
  readonly from: string;
  /** Everyone whom the server was told to deliver to. */
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
  readonly html: string | undefined;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly receivedAt: Date;
}

/** Turn connections away with 421, answer nothing, or put every recipient off with 451. */
export type MailFailure = 'refuse' | 'hang' | 'temporary';

export interface MailServer {
  /** `smtp://127.0.0.1:…` */
  readonly url: string;
  mails(): readonly Mail[];
  fail(failure: MailFailure, options?: { readonly times?: number }): void;
  heal(): void;
  failure(): MailFailure | undefined;
  onChange(listener: () => void): () => void;
  close(): Promise<void>;
}

/** A mail server that takes every mail and delivers none. */
export async function startMail(options: {
  readonly port?: number;
  readonly now: () => Date;
}): Promise<MailServer> {
  const { changed, onChange } = createListeners();
  const mails: Mail[] = [];
  let current: MailFailure | undefined;
  let remaining = Infinity;

  const takes = (failure: MailFailure): boolean => {
    if (current !== failure) return false;
    remaining -= 1;
    if (remaining <= 0) current = undefined;
    return true;
  };

  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    closeTimeout: 1,
    onConnect(_session, done) {
      if (takes('hang')) return;
      done(takes('refuse') ? refusal(421, 'Service not available, try again later') : undefined);
    },
    onRcptTo(_address, _session, done) {
      done(takes('temporary') ? refusal(451, 'Local error in processing, try again later') : undefined);
    },
    onData(stream, session, done) {
      const { mailFrom, rcptTo } = session.envelope;
      buffer(stream)
        .then((raw) => PostalMime.parse(raw))
        .then((parsed) => {
          mails.push({
            from: parsed.from?.address ?? (mailFrom === false ? '' : mailFrom.address),
            to: rcptTo.map(({ address }) => address),
            subject: parsed.subject ?? '',
            text: parsed.text ?? '',
            html: parsed.html,
            headers: Object.fromEntries(parsed.headers.map(({ key, value }) => [key, value])),
            receivedAt: options.now(),
          });
          changed();
          done();
        })
        .catch(done);
    },
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  // A connection that breaks from here on is told to its sender, and must not end the whole sandbox.
  server.on('error', () => undefined);
  const { port } = server.server.address() as AddressInfo;

  return {
    url: `smtp://127.0.0.1:${port}`,
    mails: () => [...mails],
    fail(failure, { times } = {}) {
      current = failure;
      remaining = times ?? Infinity;
    },
    heal() {
      current = undefined;
    },
    failure: () => current,
    onChange,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function refusal(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode });
}
