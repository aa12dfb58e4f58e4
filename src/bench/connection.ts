import { connect as open, type Socket } from 'node:net';

/** One connection to a server, kept open; one request at a time. As little as possible between the clock and the wire. */
export interface Connection {
  /** Sends a whole request, and resolves with the status when the whole answer is here. */
  readonly ask: (request: Buffer) => Promise<number>;
  readonly close: () => void;
}

export async function connect(port: number): Promise<Connection> {
  const socket = open({ port, host: '127.0.0.1', noDelay: true });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  return onSocket(socket);
}

function onSocket(socket: Socket): Connection {
  let waiting:
    { readonly resolve: (status: number) => void; readonly reject: (error: Error) => void } | undefined;
  let seen = '';
  const fail = (error: Error): void => {
    waiting?.reject(error);
    waiting = undefined;
  };
  socket.setEncoding('latin1');
  socket.on('data', (some: string) => {
    seen += some;
    const status = wholeAnswer(seen);
    if (status === undefined) return;
    seen = '';
    const asked = waiting;
    waiting = undefined;
    asked?.resolve(status);
  });
  socket.on('error', fail);
  socket.on('close', () => fail(new Error('the server closed the connection')));
  return {
    ask: (request) =>
      new Promise((resolve, reject) => {
        waiting = { resolve, reject };
        socket.write(request);
      }),
    close: () => socket.destroy(),
  };
}

/** @returns the status, once all of the answer is there */
export function wholeAnswer(text: string): number | undefined {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const head = text.slice(0, end);
  const [, length] = /\r\ncontent-length: *(\d+)/i.exec(head) ?? [];
  const isWhole = /\r\ntransfer-encoding: *chunked/i.test(head)
    ? text.endsWith('0\r\n\r\n')
    : text.length >= end + 4 + Number(length ?? 0);
  return isWhole ? Number(head.slice(9, 12)) : undefined;
}

/** A request as it goes over the wire. */
export function request(path: string, headers: Readonly<Record<string, string>>, body: string): Buffer {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const length = Buffer.byteLength(body);
  return Buffer.from(
    `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n${lines.join('')}content-length: ${length}\r\n\r\n${body}`,
  );
}
