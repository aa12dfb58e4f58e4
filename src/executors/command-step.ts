import { basename } from 'node:path';
import { z } from 'zod';
import { variableName } from './variables.ts';

const placeholder = /\{\{[^{}]*\}\}/;

const plain = /^\P{Cc}*$/u;
const text = z.string().max(4_096).regex(plain, 'expected text without control characters');

/** Lastgood's own settings are not for commands: whatever such a script needs deserves a credential of its own. */
const ownSettings =
  /^(?:SLACK|PAGERDUTY|GITHUB|SENTRY|GRAFANA)_|^(?:SMTP_URL|WEBHOOK_TOKENS|API_TOKENS|SIGNING_KEY|DATABASE_URL)$|_FILE$/;

/** What the command gets its runner gets, too, which is Node, and Lastgood's own. */
const commandVariable = variableName.refine(
  (name) => name !== 'NODE_OPTIONS',
  'expected another variable: NODE_OPTIONS would also change the program of Lastgood’s that runs the command; set it in a script of yours',
);

export const commandStep = z.strictObject({
  /** The program and its arguments, as the program gets them: there is no shell in between. */
  argv: z.array(text).min(1).max(100).superRefine(checkArguments),
  /** Below COMMAND_DIR. */
  cwd: z
    .string()
    .regex(
      /^(?!.*(?:^|\/)\.\.(?:\/|$))[\w.@+-][\w.@+/ -]*$/,
      'expected a folder below COMMAND_DIR, such as shop/deploy',
    )
    .default('.'),
  env: z.record(commandVariable, text).default({}),
  /** Names of variables of Lastgood's own environment that the command gets, too. */
  pass_env: z
    .array(
      commandVariable.refine(
        (name) => !ownSettings.test(name),
        'expected a variable that is no setting of Lastgood; give the command a credential of its own',
      ),
    )
    .max(50)
    .default([]),
  expect: z
    .strictObject({
      /** Exit codes that mean success. */
      exit: z.array(z.int().min(0).max(255)).min(1).default([0]),
      /** Has to stand in the output as well. */
      contains: text.min(1).optional(),
    })
    .default({ exit: [0] }),
});

export type CommandStep = z.infer<typeof commandStep>;

/** Given a script first (`node deploy.mjs …`), these run it; otherwise they may read any argument as a program. */
const scripted = /^(?:(?:ba|da|z|k|a|fi|pw)?sh|python[\d.]*|perl|ruby|node|php|lua)$/;
/** Of those, these are no common words: they count wherever they stand, as behind `kubectl exec … --`. */
const unmistakable = /^(?:(?:ba|da|z|k|a|fi|pw|s)?sh|python[\d.]*|perl|ruby)$/;
/** And these always do, where they are the program themselves. */
const others = /^(?:deno|bun|g?awk|sed|env|su|eval|xargs|parallel|watch)$/;
/** Even behind a `--` they put their arguments together into one line for a shell. */
const joiners = /^(?:ssh|su|eval|watch|parallel)$/;

/**
 * What is filled in must stay a value. An argument that is nothing but a placeholder is taken for an option when the
 * value begins with a dash, so it has to come behind a `--`, or to be the value of an option: `--reason={{reason}}`.
 */
function checkArguments(argv: readonly string[], context: z.RefinementCtx<readonly string[]>): void {
  let guarded = false;
  let interpreter: string | undefined;
  for (const [index, argument] of argv.entries()) {
    const wrong = placeholder.test(argument) ? wrongPlace(argument, index, guarded, interpreter) : undefined;
    if (wrong !== undefined) context.addIssue({ code: 'custom', path: [index], message: wrong });
    const name = basename(argument);
    const isInterpreter =
      unmistakable.test(name) || (index === 0 && (scripted.test(name) || others.test(name)));
    if (argument === '--') guarded = true;
    else if (isInterpreter) {
      interpreter = name;
      guarded = false;
    } else if (scripted.test(basename(argv[index - 1] ?? '')) && !argument.startsWith('-')) {
      interpreter = undefined;
    }
  }
}

function wrongPlace(
  argument: string,
  index: number,
  guarded: boolean,
  interpreter: string | undefined,
): string | undefined {
  if (index === 0) return 'expected a program by its own name, with nothing to be filled in';
  if (interpreter !== undefined && joiners.test(interpreter))
    return `expected nothing to be filled in: ${interpreter} gives its arguments to a shell; put it into env, or into a script of yours`;
  if (guarded) return undefined;
  if (interpreter !== undefined)
    return `expected "--" somewhere before it: ${interpreter} may read it as a program; behind "--" it is an argument`;
  if (/^--?[A-Za-z][\w.-]*=/.test(argument) || /^[\w./:@+,%]/.test(argument)) return undefined;
  return 'expected "--" as an argument of its own somewhere before it, or the form "--name={{…}}": a value that begins with a dash would be an option';
}
