import { z } from 'zod';
import { verbName } from '../../../commands/by-name.ts';
import { verbs } from '../../../commands/index.ts';
import { sayUsage } from '../../../commands/usage.ts';
import type { Argument, ArgumentKind, Verb } from '../../../commands/verb.ts';
import { severities } from '../../core/severity.ts';
import type { About, Parameter } from './api-route.ts';
import { apiError, commandAnswer } from './command-shapes.ts';

export const idempotencyHeader: Parameter = {
  name: 'Idempotency-Key',
  in: 'header',
  description:
    'Makes sending it again safe: the same key with the same body is answered the same, and has no second effect. One for each thing that is asked for; kept for ten days. What only looked, and what was malformed or not allowed (400, 403, 404), is judged anew under the same key.',
  pattern: '^[\\x21-\\x7e]{1,200}$',
};

const lineBody = z.strictObject({
  line: z.string().describe('What one would type after the command.'),
});

/** Every verb, from its own definition. */
export function aboutCommands(): readonly About[] {
  return verbs.map((verb) => ({
    path: `/api/v1/commands/${verbName(verb)}`,
    id: `command-${verbName(verb)}`,
    summary: verb.summary,
    description: `What \`${sayUsage(verb)}\` does in Slack, with the same words and the same refusals.`,
    parameters: [idempotencyHeader],
    request: {
      shapes: [argumentsShape(verb), lineBody],
      required: verb.arguments.some(({ required }) => required),
      examples: {
        arguments: exampleArguments(verb),
        line: { line: exampleLine(verb) },
      },
    },
    responses: {
      200: {
        description: 'Done, or an answer (`tone` is `done` or `info`). What it led to is durable.',
        shapes: [commandAnswer],
      },
      400: {
        description: 'Mistyped (`tone` is `wrong`), with the usage; or no JSON.',
        shapes: [commandAnswer, apiError],
      },
      409: {
        description:
          'Understood and refused (`tone` is `refused`), whatever the reason: the state, a rule, or a role that the caller lacks. The attempt is on record.',
        shapes: [commandAnswer],
      },
      415: { description: 'The body is no JSON.', shapes: [apiError] },
      422: { description: 'The Idempotency-Key was used for another request.', shapes: [apiError] },
    },
  }));
}

export function argumentsShape(verb: Verb): z.ZodType {
  const fields = verb.arguments.map((argument) => {
    const shape = shapes[argument.kind](argument);
    return [argument.name, argument.required ? shape : shape.optional()] as const;
  });
  return z.strictObject(Object.fromEntries(fields));
}

/** What stands behind the command in the verb's example. */
export function exampleLine({ command, word, example }: Verb): string {
  return example.slice(`/${word === undefined ? command : `${command} ${word}`}`.length).trim();
}

/** The same by name. An optional argument that the next word does not fit is not in the example. */
export function exampleArguments(verb: Verb): Readonly<Record<string, string>> {
  const words = exampleLine(verb)
    .split(' ')
    .filter((word) => word !== '');
  const entries = verb.arguments.flatMap((argument) => {
    const shape = shapes[argument.kind](argument);
    if (!argument.required && !shape.safeParse(words[0]).success) return [];
    const taken = argument.kind === 'text' ? words.splice(0) : words.splice(0, 1);
    return [[argument.name, taken.join(' ')] as const];
  });
  return Object.fromEntries(entries);
}

const version = z.string().regex(/^v?\d+\.\d+\.\d+/);

const shapes: Readonly<Record<ArgumentKind, (argument: Argument) => z.ZodType>> = {
  channel: () => z.string().describe('`stable`, or in full `shop/stable`.'),
  version: () => version.describe('A SemVer version: `1.4.2`.'),
  'version-or-last-good': () =>
    z.union([version, z.literal('last-good')]).describe('A SemVer version, or `last-good`.'),
  incident: ({ required }) =>
    z
      .string()
      .regex(/^INC-\d{1,9}$/)
      .describe(`\`INC-12\`${required ? '' : '; the only open one when left out'}.`),
  operation: ({ required }) =>
    z
      .string()
      .regex(/^OP-\d{1,9}$/)
      .describe(`\`OP-7\`${required ? '' : '; the only open one when left out'}.`),
  'plan-hash': () =>
    z
      .string()
      .regex(/^[0-9a-f]{16}$/)
      .describe('The plan that was seen, as `operation-show` and `GET /api/v1/operations/{id}` tell it.'),
  outcome: () => z.enum(['done', 'failed']),
  severity: () => z.enum(severities),
  service: () => z.string().describe('A service of `services.yml`.'),
  flag: () => z.boolean().describe('False when left out.'),
  text: () => z.string().max(500).describe('For people; one line.'),
};
