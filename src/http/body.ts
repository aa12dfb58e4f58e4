import type { IncomingMessage } from 'node:http';

/** What strangers may have us hold, of all bodies that are not whole yet: some seconds of a busy network, and far from all memory. */
const room = 64 * 1_048_576;
/** So much of each is not counted: a click, a command and most webhooks come in also while strangers take all the room. */
const small = 16_384;

export interface BodyWanted {
  /** In bytes. */
  readonly limit: number;
  /**
   * Whose body it is, as far as the headers say: of `nobody` it is read and thrown away, so that they hear why they are
   * refused, and of `anybody` it is held while there is room.
   */
  readonly from: 'nobody' | 'anybody' | 'somebody known';
}

/** What is left of such a body is not read. */
export type BodyRefused = 'too large' | 'no room';

/**
 * Reads the bodies of one server.
 * @throws when whoever sends it hangs up
 */
export function bodyReader(): (
  request: IncomingMessage,
  wanted: BodyWanted,
) => Promise<Buffer | BodyRefused> {
  let held = 0;
  return (request, { limit, from }) => {
    if (Number(request.headers['content-length'] ?? 0) > limit) return Promise.resolve('too large');
    return new Promise((resolve, reject) => {
      // While it was asked who this is: then nobody says so any more.
      if (request.destroyed) return reject(new Error('whoever sent it has hung up'));
      const parts: Buffer[] = [];
      let size = 0;
      let counted = 0;
      const count = (bytes: number): void => {
        held += bytes - counted;
        counted = bytes;
      };
      const refuse = (why: BodyRefused): void => {
        request.off('data', take);
        request.pause();
        count(0);
        parts.length = 0;
        resolve(why);
      };
      const take = (part: Buffer): void => {
        size += part.length;
        if (size > limit) return refuse('too large');
        if (from === 'nobody') return;
        if (from === 'anybody') {
          if (size > small && held + size - small - counted > room) return refuse('no room');
          count(Math.max(0, size - small));
        }
        parts.push(part);
      };
      request.on('data', take);
      request.once('end', () => {
        count(0);
        const [only, another] = parts;
        resolve(only && !another ? only : Buffer.concat(parts));
      });
      request.once('error', (error) => {
        count(0);
        reject(error);
      });
    });
  };
}
