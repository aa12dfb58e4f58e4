import { z } from 'zod';
import { duration } from '../core/policies/duration.ts';
import { mistakesAboutRun } from './http-run.ts';

const text = z
  .string()
  .max(4_096)
  .regex(/^\P{Cc}*$/u, 'expected text without control characters');

/** Filled in, too: a long reason takes nine characters for each of its own where the writing is not Latin. */
const longest = 8_000;

const address = z.string().max(longest).superRefine(checkAddress);

const headerName = z
  .string()
  .regex(
    /^(?!(?:host|connection|content-length|transfer-encoding|idempotency-key|x-correlation-id)$)[A-Za-z0-9-]{1,100}$/i,
    'expected the name of a header that is left to you',
  );

const headerValue = z
  .string()
  .max(longest)
  .regex(/^[\x20-\x7e]*$/, 'expected plain ASCII on one line')
  .refine(
    (value) => !/\{\{\s*reason\s*\}\}/.test(value),
    'expected {{reason|url}}: people write what they like, and a header takes only plain ASCII',
  );

const jsonPath = z
  .string()
  .regex(/^[^.\s]+(?:\.[^.\s]+)*$/, 'expected a path into the JSON such as status.phase');

/** Values by dotted path; a list means: one of these. */
const conditions = z
  .record(
    jsonPath,
    z.union([scalar(), z.array(scalar()).min(1)], { error: 'expected a value, or a list of values' }),
  )
  .refine((all) => Object.keys(all).length > 0, 'expected at least one value to look for');

const methods = ['POST', 'PUT', 'PATCH', 'DELETE', 'GET'] as const;

/** The shape alone, which a step still has when its placeholders are filled in. */
export const httpCall = z.strictObject({
  method: z.enum(methods).default('POST'),
  /** The operator's own address, which may be a private one. It comes from policy and from nowhere else. */
  url: address,
  headers: z.record(headerName, headerValue).default({}),
  /** Headers out of Lastgood's environment: `Authorization: Bearer DEPLOY_TOKEN`. */
  header_env: z
    .record(
      headerName,
      z
        .string()
        .regex(
          /^(?:[A-Za-z][\w-]* )?[A-Za-z_]\w*$/,
          'expected the name of an environment variable, perhaps with a word before it: Bearer DEPLOY_TOKEN',
        ),
    )
    .default({}),
  json: z.unknown().optional(),
  body: z
    .string()
    .max(16_384)
    .refine(
      isEncoded,
      'expected only encoded values such as {{reason|url}}; what has to be JSON goes under json',
    )
    .optional(),
  expect: z
    .strictObject({
      status: z.array(z.int().min(200).max(599)).min(1).default([200, 201, 202, 204]),
      contains: text.min(1).optional(),
    })
    .default({ status: [200, 201, 202, 204] }),
  /** Doing it twice is as good as doing it once: it is sent again when its answer was lost. */
  safe_to_repeat: z.boolean().default(false),
  /** The path of the id that the answer to the call gives what it began: `{{run|url}}` in `check` and `cancel`. */
  capture: z.strictObject({ run: jsonPath }).optional(),
  /** Where to find that id by ours when the answer was lost. */
  lookup: z.strictObject({ url: address, run: jsonPath }).optional(),
  /** Where to see how far it is; without it, it is done when the call was answered as expected. */
  check: z
    .strictObject({ url: address, every: duration, done: conditions, failed: conditions.optional() })
    .optional(),
  cancel: z
    .strictObject({ method: z.enum(methods).default('POST'), url: address, json: z.unknown().optional() })
    .optional(),
});

export type HttpCall = z.infer<typeof httpCall>;
export type Conditions = z.infer<typeof conditions>;

/** What a policy has to say in `with`. */
export const httpStep = httpCall.superRefine((step, context) => {
  const wrong = (path: string, message: string): void =>
    context.addIssue({ code: 'custom', path: [path], message });
  if (step.json !== undefined && step.body !== undefined)
    wrong('body', 'expected either json or body, not both');
  if (step.method === 'GET' && (step.json !== undefined || step.body !== undefined))
    wrong('method', 'expected another method: a GET carries no body');
  for (const { key, message } of mistakesAboutRun(step)) wrong(key, message);
  if (step.cancel && !step.check)
    wrong('cancel', 'expected check beside it: it tells how what was cancelled has ended');
  if (step.check && !namesOurs(step.check.url)) {
    for (const [key, looked] of Object.entries({ done: step.check.done, failed: step.check.failed }))
      if (
        looked &&
        !Object.values(looked)
          .flat()
          .some((value) => namesOurs(String(value)))
      )
        wrong(
          'check',
          `expected {{correlation}} or {{version}} in its url or in ${key}: an older deployment would be taken for this one`,
        );
  }
});

function scalar() {
  return z.union([z.string(), z.number(), z.boolean()]);
}

function namesOurs(template: string): boolean {
  return /\{\{\s*(?:correlation|version|run)\s*(?:\|\s*url\s*)?\}\}/.test(template);
}

/** Whatever is filled into it is percent-encoded. */
function isEncoded(template: string): boolean {
  return !/\{\{[^{}]*\}\}/.test(template.replace(/\{\{\s*[a-z]+\s*\|\s*url\s*\}\}/g, ''));
}

/** What is filled in has to stay in its place: never in the host, always encoded, and no `..` among the folders. */
function checkAddress(template: string, context: z.RefinementCtx<string>): void {
  const wrong = (message: string): void => context.addIssue({ code: 'custom', message });
  const [, host, path = ''] = /^https?:\/\/([^/?#]+)([^?#]*)(?:\?[^#]*)?$/i.exec(template) ?? [];
  if (host === undefined)
    return wrong('expected an address such as https://deploy.example/rollback?to={{version|url}}');
  if (/[{}@\\]/.test(host))
    return wrong('expected an address with its host written out, and without a password');
  if (!isEncoded(template))
    return wrong('expected {{version|url}}: what is filled into an address has to be encoded');
  if (/\{\{\s*reason/.test(path))
    return wrong(
      'expected the reason behind the question mark or in the JSON: among folders, “..” would lead elsewhere',
    );
  const filled = template.replace(/\{\{[^{}]*\}\}/g, 'x');
  if (/[\s\\\p{Cc}]/u.test(filled) || !URL.canParse(filled)) wrong('expected an address without blanks');
}
