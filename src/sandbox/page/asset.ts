import { readFile } from 'node:fs/promises';
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { extname } from 'node:path';

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Serves `/` and `/sandbox/assets/<name>` from the folder beside this file; names have no folders, so nothing escapes it. */
export async function serveAsset(
  pathname: string,
  response: ServerResponse,
  headers: OutgoingHttpHeaders,
): Promise<void> {
  const name = pathname === '/' ? 'index.html' : /^\/sandbox\/assets\/([a-z-]+\.[a-z]+)$/.exec(pathname)?.[1];
  const type = TYPES[extname(name ?? '')];
  try {
    if (name === undefined || type === undefined) throw new Error('no such name');
    const content = await readFile(new URL(`assets/${name}`, import.meta.url));
    response.writeHead(200, { ...headers, 'Content-Type': type });
    response.end(content);
  } catch {
    response.writeHead(404, { ...headers, 'Content-Type': 'text/plain; charset=utf-8' });
    response.end(`There is no ${pathname} here.\n`);
  }
}
