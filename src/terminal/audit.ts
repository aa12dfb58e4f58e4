import type { CommandModule } from 'yargs';

const offline = {
  type: 'boolean',
  default: false,
  describe: 'Read the store itself, on its machine, while the bot is down; a database may be in use',
} as const;

const verify: CommandModule<
  object,
  {
    readonly json: boolean;
    readonly offline: boolean;
    readonly anchors: readonly string[];
    readonly key: readonly string[];
  }
> = {
  command: 'verify',
  describe: 'Look whether all that is stored is as it was written, and name the first place that is not',
  builder: (parser) =>
    parser.options({
      json: { type: 'boolean', default: false, describe: 'Print the verdict as JSON and nothing else' },
      offline,
      anchors: {
        type: 'string',
        array: true,
        requiresArg: true,
        default: [],
        describe: 'A file with copies of heads that were kept elsewhere (AUDIT_ANCHORS)',
      },
      key: {
        type: 'string',
        array: true,
        requiresArg: true,
        default: [],
        describe: 'A file with a public key that signs the heads; by default that of SIGNING_KEY here',
      },
    }),
  handler: async (asked) => {
    process.exitCode = await (await import('./audit-verify.ts')).verify(asked);
  },
};

const exporting: CommandModule<object, { readonly file: string; readonly offline: boolean }> = {
  command: 'export <file>',
  describe: 'Write all events as one hash chain, a JSON line an event, for others to check and keep',
  builder: (parser) =>
    parser
      .positional('file', {
        type: 'string',
        demandOption: true,
        describe: 'What to write; <file>.state.json beside it says where it ends',
      })
      .options({ offline }),
  handler: async (asked) => {
    process.exitCode = await (await import('./audit-export.ts')).exportTrail(asked);
  },
};

/** `lastgood audit`: whether what is stored is what was written. */
export const auditCommand: CommandModule = {
  command: 'audit',
  describe: 'Check or export what is stored: every event, who, when, in a chain of hashes',
  builder: (parser) =>
    parser.command(verify).command(exporting).demandCommand(1, 'Say what to do: verify, export.'),
  handler: () => undefined,
};
