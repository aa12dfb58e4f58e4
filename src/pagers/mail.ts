import { createTransport, type NodemailerError } from 'nodemailer';
import parseAddresses from 'nodemailer/lib/addressparser';
import type { CardUrl } from '../core/card-url.ts';
import type { Carrier, Errand, Outcome } from '../core/effect.ts';
import { quoter, reveal, scrubber, type Secret } from '../trust/secrets.ts';

const sendTimeout = 20_000;
const maxSubject = 250;

/** Sends pages as plain-text mail over SMTP. A mail that is sent again keeps its Message-ID. */
export function mailPager(deps: {
  /** `smtp://user:password@host:587`, or `smtps://…` */
  readonly smtpUrl: Secret;
  /** `lastgood@acme.example`, or `Lastgood <lastgood@acme.example>`. */
  readonly from: string;
  readonly cardUrl: CardUrl;
  /** Everything that must never leave in a page. */
  readonly secrets: readonly Secret[];
}): Carrier<'page.mail'> {
  const scrub = scrubber(deps.secrets);
  const subjectLine = quoter(deps.secrets, maxSubject);
  const quote = quoter([deps.smtpUrl, ...deps.secrets]);
  const sender = readSender(deps.from);
  const transport = createTransport({
    url: reveal(deps.smtpUrl),
    disableFileAccess: true,
    disableUrlAccess: true,
  });

  async function carry({ id, stream, effect, state, now, signal }: Errand<'page.mail'>): Promise<Outcome> {
    // As objects, since nodemailer would read strings as lists. Nothing that was written by others can add to them.
    const card = deps.cardUrl(stream, state);
    const to = effect.to.map((address) => ({ name: '', address }));
    try {
      const sent = await transport.sendMail({
        envelope: { from: sender, to },
        from: sender,
        to,
        subject: subjectLine(effect.subject),
        text: scrub(card === undefined ? effect.text : `${effect.text}\nIts card is here: ${card}`),
        messageId: messageIdOf(id, sender.address),
        date: new Date(now),
        headers: { 'Auto-Submitted': 'auto-generated' },
        signal: AbortSignal.any([signal, AbortSignal.timeout(sendTimeout)]),
      });
      const refused = (sent.rejected ?? []).map(quote).join(', ');
      return {
        status: 'done',
        receipt: { message_id: sent.messageId, ...(refused !== '' && { refused }) },
      };
    } catch (error) {
      return outcomeOf(error as NodemailerError);
    }
  }

  function outcomeOf(error: NodemailerError): Outcome {
    const why = quote(error.message);
    if (error.responseCode !== undefined) {
      return error.permanent === true
        ? { status: 'failed', why: `The mail server refused: ${why}` }
        : { status: 'retry', why: `The mail server put us off: ${why}`, mayHaveHappened: false };
    }
    if (!lostCodes.includes(error.code ?? ''))
      return { status: 'failed', why: `The mail cannot be sent: ${why}` };
    return {
      status: 'retry',
      why: `The mail server gave no answer: ${why}`,
      mayHaveHappened: !neverConnected(error),
    };
  }

  return { types: ['page.mail'], carry };
}

/** nodemailer's codes for a server that is away or went away; all others say that the mail itself is wrong. */
const lostCodes = ['EDNS', 'ESOCKET', 'ECONNECTION', 'ETIMEDOUT', 'ETLS', 'EPROTOCOL', 'EABORT'];

/** Once connected, the answer that got lost may have been the one to the whole mail. */
function neverConnected({ code, syscall, timeoutType }: NodemailerError): boolean {
  return code === 'EDNS' || syscall === 'connect' || timeoutType === 'CONNECT_TIMEOUT';
}

function readSender(from: string): { readonly name: string; readonly address: string } {
  const [sender, ...others] = parseAddresses(from, { flatten: true });
  if (sender === undefined || others.length > 0 || !sender.address.includes('@')) {
    throw new Error('MAIL_FROM: expected one address, such as Lastgood <lastgood@acme.example>');
  }
  return { name: sender.name, address: sender.address };
}

/** `INC-12/5.0` becomes `<INC-12.5.0@acme.example>`. */
function messageIdOf(id: string, sender: string): string {
  return `<${id.replace(/[^\w-]+/g, '.')}@${sender.slice(sender.lastIndexOf('@') + 1)}>`;
}
