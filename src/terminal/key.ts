import { writeFileSync } from 'node:fs';
import type { CommandModule } from 'yargs';
import { exitCode, Stop } from './exit.ts';
import { theLast } from './the-last.ts';

const create: CommandModule<object, { readonly out: string | undefined }> = {
  command: 'create',
  describe:
    'Make an Ed25519 private key for SIGNING_KEY, and show its public half, by which others check what Lastgood signs',
  builder: (parser) =>
    parser.option('out', {
      type: 'string',
      requiresArg: true,
      coerce: theLast,
      describe: 'The file to write it to, readable by you alone; otherwise it goes to stdout',
    }),
  handler: async ({ out }) => {
    const { newSigningKey } = await import('../trust/signing-key.ts');
    const { privatePem, publicPem, id } = newSigningKey();
    const about = [
      `Key id: ${id}`,
      'Public key, for whoever is to check what Lastgood signs (docs/version-status.md):',
      publicPem.trimEnd(),
    ].join('\n');
    if (out === undefined) {
      process.stdout.write(privatePem);
      process.stderr.write(`${about}\n`);
      return;
    }
    write(out, privatePem);
    process.stdout.write(
      `${about}\nThe private key is in ${out}. Set SIGNING_KEY_FILE=${out}, and start the bot again.\n`,
    );
  },
};

/** `lastgood key create`: the key with which Lastgood signs. */
export const keyCommand: CommandModule = {
  command: 'key',
  describe: 'Make the key with which Lastgood signs',
  builder: (parser) => parser.command(create).demandCommand(1, 'Say what to do: create.'),
  handler: () => undefined,
};

/** Never over another key: what was signed with that one could not be checked any more. */
function write(path: string, pem: string): void {
  try {
    writeFileSync(path, pem, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    const why = code === 'EEXIST' ? 'it is there already, and was left as it is' : code;
    throw new Stop(exitCode.failed, `${path} cannot be written: ${why}. Choose another file with --out.`, {
      cause: error,
    });
  }
}
