import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Why what needs promtool cannot run here; undefined when it can. With REQUIRE_PROMTOOL that is an error. */
export const withoutPromtool: string | undefined = whyNot();

function whyNot(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(':');
  if (folders.some((folder) => existsSync(join(folder, 'promtool')))) return undefined;
  const why = 'promtool is not installed (Debian: prometheus)';
  if (process.env['REQUIRE_PROMTOOL'] !== undefined) throw new Error(why);
  return why;
}

/** Runs promtool. @returns what it said; '' is what it says of metrics that are all right */
export async function promtool(
  args: readonly string[],
  options: { readonly input?: string } = {},
): Promise<{ readonly code: number | null; readonly said: string }> {
  const child = spawn('promtool', args);
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data: Buffer) => {
      said += data.toString();
    });
  child.stdin.end(options.input ?? '');
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return { code, said };
}
