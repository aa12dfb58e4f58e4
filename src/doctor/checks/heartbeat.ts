import { connect } from 'node:net';
import { reveal } from '../../trust/secrets.ts';
import { checkTimeout, type Check } from '../examine.ts';
import { ok, wrong } from '../finding.ts';

/** The switch outside: whether it takes a connection. Nothing is sent: that would be a sign of life. */
export const heartbeat: Check = {
  area: 'Machine',
  name: 'HEARTBEAT_URL',
  look: async ({ settings: { heartbeatUrl } }, signal) => {
    if (!heartbeatUrl) return [];
    const { hostname, port, protocol } = new URL(reveal(heartbeatUrl));
    const why = await whyUnreachable(
      hostname.replace(/^\[(.*)\]$/, '$1'),
      port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port),
      signal,
    );
    return why === undefined
      ? [
          ok(
            'HEARTBEAT_URL',
            `${hostname} takes connections; the running bot gives it a sign of life each minute`,
          ),
        ]
      : [
          wrong(
            'HEARTBEAT_URL',
            `${hostname} takes no connection: ${why}`,
            'Check its address, and whether this machine may connect there.',
          ),
        ];
  },
};

function whyUnreachable(host: string, port: number, signal: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, signal, timeout: checkTimeout });
    const end = (why: string | undefined): void => {
      socket.destroy();
      resolve(why);
    };
    socket.once('connect', () => end(undefined));
    socket.once('timeout', () => end('no answer'));
    socket.once('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.name));
  });
}
