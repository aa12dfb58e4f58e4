import { verbs } from '../../commands/index.ts';
import { howItWorks, purpose, whereToRead } from '../../commands/lastgood-help.ts';
import { verbList } from './verb-help.ts';

/** What `lastgood help` prints. */
export function overview(own: readonly { readonly name: string; readonly describe: string }[]): string {
  const width = Math.max(...own.map(({ name }) => name.length));
  const names = own.map(({ name }) => name);
  const said = verbs.filter(
    ({ command, word }) => command !== 'lastgood' || word === undefined || !names.includes(word),
  );
  return [
    `${purpose}.\n${howItWorks}`,
    'lastgood <command> …',
    'As in Slack, through the running bot (LASTGOOD_URL, LASTGOOD_TOKEN):',
    verbList(said),
    'Here:',
    own.map(({ name, describe }) => `  lastgood ${name.padEnd(width)}  ${describe}`).join('\n'),
    'lastgood <command> --help tells more. Exit codes: 0 done, 1 failed or refused, 2 mistyped, 3 nobody can say, 78 settings.',
    `lastgood oncall says who is on call. ${whereToRead}`,
  ].join('\n\n');
}
