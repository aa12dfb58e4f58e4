import { commandStep } from '../../executors/command-step.ts';
import { placeBelow } from '../../executors/command.ts';
import type { Check } from '../examine.ts';
import { ok, wrong } from '../finding.ts';
import { stepsOf } from '../steps.ts';

/** Where the steps run that use `command`. */
export const commandFolders: Check = {
  area: 'Machine',
  name: 'COMMAND_DIR',
  look: ({ settings: { commandDir }, policies }) => {
    const folders = stepsOf(policies)
      .filter(({ uses }) => uses === 'command')
      .flatMap((step) => commandStep.safeParse(step.with).data?.cwd ?? []);
    return [...new Set(folders)].map((folder) => {
      const there = placeBelow(commandDir, folder);
      if (there !== undefined) return ok('COMMAND_DIR', `commands run in ${there}`);
      return wrong(
        'COMMAND_DIR',
        `there is no folder ${folder} in ${commandDir}, and a step in channels.yml runs there`,
        'Make it, or set COMMAND_DIR to the folder that holds it.',
      );
    });
  },
};
