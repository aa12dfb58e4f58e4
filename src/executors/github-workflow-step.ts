import { z } from 'zod';

/** GitHub takes 25 inputs; one is ours. */
const maxInputs = 24;

const inputName = z.string().regex(/^[A-Za-z_][\w-]{0,99}$/, 'expected the name of a workflow input');

export const workflowStep = z
  .strictObject({
    repo: z
      .string()
      .regex(/^[\w.-]+\/[\w.-]+$/, 'expected a repository such as acme/shop')
      .refine((text) => !/(^|\/)\.{1,2}(\/|$)/.test(text), 'expected a repository such as acme/shop')
      .transform((text) => {
        const [owner = '', repo = ''] = text.split('/');
        return { owner, repo };
      }),
    workflow: z.string().regex(/^[\w.-]+\.ya?ml$/, 'expected a workflow file such as rollback.yml'),
    ref: z.string().regex(/^(?:[\w./+-]|\{\{ ?\w+ ?\}\})+$/, 'expected a branch or a tag'),
    inputs: z
      .record(
        inputName,
        z.string().regex(/^(?:[^\p{Cc}]|[\t\r\n])*$/u, 'expected text without control characters'),
      )
      .refine((inputs) => Object.keys(inputs).length <= maxInputs, `expected at most ${maxInputs} inputs`)
      .default({}),
    correlation_input: inputName.default('correlation_id'),
  })
  .refine(({ inputs, correlation_input }) => !Object.hasOwn(inputs, correlation_input), {
    path: ['inputs'],
    error: 'expected the correlation input to be left to Lastgood',
  });

export type WorkflowStep = z.infer<typeof workflowStep>;
