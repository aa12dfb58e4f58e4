import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';

/** Where this process connects to, or tries to: `127.0.0.1:3000`; and every name that it looks up. */
export interface Connections {
  readonly seen: () => readonly string[];
  readonly close: () => void;
}

/** Watches below every HTTP library: whatever opens a connection is seen, also when nobody answers there. */
export function watchConnections(): Connections {
  const seen = new Set<string>();
  const watch = (message: unknown): void => {
    const { socket } = message as { readonly socket: Socket };
    socket.on('connectionAttempt', (ip: string, port: number) => seen.add(`${ip}:${port}`));
    socket.on('lookup', (_error, _address, _family, host: string) => seen.add(host));
  };
  subscribe('net.client.socket', watch);
  return {
    seen: () => [...seen],
    close: () => {
      unsubscribe('net.client.socket', watch);
    },
  };
}
