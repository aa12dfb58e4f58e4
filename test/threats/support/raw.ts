import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';

/** A connection on which a test says what no HTTP client would. */
export interface RawConnection {
  readonly socket: Socket;
  /** Everything that the server says until it hangs up. */
  readonly answer: Promise<string>;
}

/** Says this to the server, and then nothing more; whoever asks goes on by `socket`. */
export function sayRaw(url: string, words: string): RawConnection {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  // Whoever is hung up on while still talking hears so.
  socket.on('error', () => undefined);
  const answer = text(socket).catch(() => '');
  socket.write(words);
  return { socket, answer };
}
