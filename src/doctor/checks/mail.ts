import { createTransport } from 'nodemailer';
import { quoter, reveal } from '../../trust/secrets.ts';
import { checkTimeout, type Check } from '../examine.ts';
import { ok, wrong } from '../finding.ts';

/** The mail server: whether it lets us in. No mail is sent. */
export const mail: Check = {
  area: 'Mail',
  name: 'SMTP_URL',
  look: async ({ settings, secrets }) => {
    if (!settings.mail) return [];
    const { smtpUrl, from } = settings.mail;
    const url = reveal(smtpUrl);
    const { host, username } = new URL(url);
    const transport = createTransport({
      url,
      disableFileAccess: true,
      disableUrlAccess: true,
      connectionTimeout: checkTimeout,
      greetingTimeout: checkTimeout,
      socketTimeout: checkTimeout,
    });
    try {
      await transport.verify();
      const entered = username === '' ? 'answers, and asks for no password' : 'lets us in';
      return [ok('SMTP_URL', `${host} ${entered}`), ok('MAIL_FROM', `mails come from ${from}`)];
    } catch (error) {
      const why = quoter(secrets)((error as Error).message);
      const advice =
        'Check address, user and password in SMTP_URL, and whether this machine may connect there.';
      return [wrong('SMTP_URL', `${host} does not let us in: ${why}`, advice)];
    } finally {
      transport.close();
    }
  },
};
