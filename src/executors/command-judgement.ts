import type { StepProgress } from '../core/executor.ts';
import type { Result } from './command-folder.ts';
import { contains } from './command-output.ts';
import type { CommandStep } from './command-step.ts';

/** How a run ended that has ended, by what the policy expects of it. `words` gives the last lines of its output. */
export function judge(
  { argv, expect }: CommandStep,
  { exitCode, signal, stopped, notBegun, cut, leftBehind }: Result,
  output: string,
  words: (lines: number) => string,
): Extract<StepProgress, { status: 'done' | 'failed' }> {
  const failed = (note: string) => ({ status: 'failed', note }) as const;
  const end = (lines: number): string => {
    const how = exitCode === null ? `Ended by ${signal}` : `Exit code ${exitCode}`;
    const last = words(lines);
    const after = leftBehind === true && stopped === undefined ? '; what it left running was stopped' : '';
    return `${how}${last === '' ? '' : `: ${last}`} (output${cut ? ', cut' : ''}: ${output})${after}`;
  };
  if (notBegun !== undefined)
    return {
      ...failed(`${argv[0]} cannot be started (${notBegun}). Is it there, and executable?`),
      begun: false,
    };
  switch (stopped) {
    case 'cancelled':
      return failed(`It was asked to stop; look at how far it came. ${end(3)}`);
    case 'deadline':
      return failed(`Its time was over, so it was stopped; look at how far it came. ${end(3)}`);
    case 'terminated':
      return failed(`The system stopped it; look at how far it came. ${end(3)}`);
    case undefined:
      break;
    default:
      return stopped satisfies never;
  }
  if (exitCode === null || !expect.exit.includes(exitCode)) return failed(end(3));
  if (expect.contains !== undefined && !contains(output, expect.contains))
    return failed(`Its output does not say “${expect.contains}”. ${end(3)}`);
  return { status: 'done', note: end(1) };
}
