import type { z } from 'zod';
import type { StepProgress } from '../core/executor.ts';

/** A step that was fit at boot can become unfit by what was filled in for a placeholder. */
export function unfit(error: z.ZodError): StepProgress {
  const [issue] = error.issues;
  const where = issue?.path.length ? `${issue.path.join('.')}: ` : '';
  const note = `Nothing was started. ${where}${issue?.message ?? error.message}`;
  return { status: 'failed', note, begun: false };
}
