import type { CommandModule } from 'yargs';
import { areas, type Finding } from '../doctor/finding.ts';
import { marks, sayCounts, together } from '../doctor/summary.ts';
import { exitCode, type ExitCode } from './exit.ts';
import { asTyped } from './in-terminal.ts';
import { printable, printJson } from './print.ts';
import { withProgress } from './progress.ts';

/** `lastgood doctor`: whether everything is there and works. It needs no bot, and no settings that are right. */
export const doctorCommand: CommandModule = {
  command: 'doctor',
  describe: 'Look whether everything that Lastgood needs is there and works, and say what to do',
  builder: (parser) =>
    parser.option('json', {
      type: 'boolean',
      default: false,
      describe: 'Print the findings as a JSON array and nothing else',
    }),
  handler: async ({ json }) => {
    const quiet = json === true;
    const { examineHere } = await import('./examine-here.ts');
    const asking = 'Asking Slack, GitHub and the others';
    const { findings, starts } = await withProgress(asking, examineHere(), { quiet });
    if (quiet) printJson(findings);
    else print(findings);
    process.exitCode = exitCodeOf(findings, starts);
  },
};

function exitCodeOf(findings: readonly Finding[], starts: boolean): ExitCode {
  if (!starts) return exitCode.configuration;
  return findings.some(({ status }) => status === 'wrong') ? exitCode.failed : exitCode.done;
}

/** What has a longer name pushes only its own line out. */
const longestName = 32;

function print(findings: readonly Finding[]): void {
  const shown = together(findings);
  const width = Math.min(longestName, Math.max(...shown.map(({ name }) => name.length)));
  const lines = areas.flatMap((area) => {
    const here = shown.filter((finding) => finding.area === area);
    if (here.length === 0) return [];
    const told = here.flatMap(({ name, status, what, advice }) => [
      `  ${marks[status]} ${printable(name).padEnd(width)}  ${printable(asTyped(what))}`,
      ...(advice === undefined ? [] : [`    ${''.padEnd(width)}  → ${printable(asTyped(advice))}`]),
    ]);
    return [area, ...told, ''];
  });
  process.stdout.write(`${[...lines, sayCounts(shown)].join('\n')}\n`);
}
