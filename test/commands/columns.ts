import { people } from '../../src/sandbox/cast.ts';
import type { SlackMessage } from '../../src/sandbox/neighbours/slack.ts';
import { apiOf } from '../http/api-world.ts';
import { lastgood, terminalOf } from '../terminal/support/run.ts';
import type { StillWorld } from '../threats/support/still-world.ts';

export type Somebody = 'ana' | 'ben' | 'dana';

/** What somebody was told: the title, and the lines below it. */
export interface Told {
  readonly title: string;
  readonly lines: readonly string[];
}

/** A place where somebody types a line such as `/rollback stable 1.4.2 slow`, and reads what is answered. */
export type Column = (world: StillWorld, who: Somebody, line: string) => Promise<Told>;

/** Every way to say a verb. What is told has to be the same in all of them. */
export const columns: Readonly<Record<string, Column>> = {
  slack: async (world, who, line) => {
    const { id } = people[who];
    const before = world.slack.ephemerals(id).length;
    await world.type(id, line);
    const told = world.slack.ephemerals(id).slice(before);
    const [only, another] = told;
    if (!only || another) throw new Error(`${line} was answered ${told.length} times`);
    return readAnswer(only);
  },
  api: async (world, who, line) => {
    const [, command = '', said = ''] = /^\/(\S+)\s?([\s\S]*)$/.exec(line) ?? [];
    const { json } = await apiOf(world, who).command(command, { line: said });
    await world.settle();
    const { title, lines } = json as Told;
    return { title, lines };
  },
  terminal: async (world, who, line) => {
    // `/lastgood received` is `lastgood received` there.
    const words = line.replace(/^\/(?:lastgood )?/, '').split(' ');
    const { stdout, stderr: said } = await lastgood(words, terminalOf(world, who));
    // A terminal also says below what the bot has to say of itself.
    const stderr = said.replace(/^! Production is frozen .*\n/m, '');
    await world.settle();
    if (stdout !== '' && stderr !== '') throw new Error(`${line} was answered in two places`);
    const [title = '', ...lines] = `${stdout}${stderr}`.replace(/\n$/, '').split('\n');
    return { title, lines };
  },
};

/** `lastgood help` and `lastgood doctor` need no bot: a terminal answers them by itself, and of itself. */
export function asksTheBot(column: string, verb: string): boolean {
  return column !== 'terminal' || !['lastgood-help', 'lastgood-doctor'].includes(verb);
}

/** The icon and the markup of the title are Slack's own; the lines below it are one text in several sections. */
function readAnswer({ blocks }: Pick<SlackMessage, 'blocks'>): Told {
  const texts = blocks.map((block) => (block as { text?: { text?: string } }).text?.text ?? '');
  const [first = '', ...sections] = texts;
  const title = /^\S+ \*([\s\S]*)\*$/.exec(first)?.[1] ?? first;
  return {
    title: title.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&'),
    lines: sections.flatMap((section) => section.split('\n')),
  };
}
