import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** The package's own, seen from `src/terminal` as from `dist/src/terminal`. */
const manifest = new URL(
  import.meta.url.includes('/dist/src/') ? '../../../package.json' : '../../package.json',
  import.meta.url,
);

export function ownVersion(): string {
  return z.object({ version: z.string() }).parse(JSON.parse(readFileSync(manifest, 'utf8'))).version;
}
