import { verbs } from '../../commands/index.ts';
import type { Argument } from '../../commands/verb.ts';
import { knownVersions } from '../core/channel/state.ts';
import { isOpen } from '../core/incident/state.ts';
import { operationIsOpen } from '../core/operation/state.ts';
import type { Policies } from '../core/policies/policies.ts';
import { severities } from '../core/severity.ts';
import { newestFirst } from '../core/version.ts';
import type { Facts } from './facts.ts';
import type { CommandLine } from './page/workspace.ts';

/** Every verb with the words that fit at this moment, for the command box to complete. */
export function commandLines(facts: Facts, policies: Policies): readonly CommandLine[] {
  return verbs.map((verb) => ({
    command: `/${verb.command}`,
    word: verb.word,
    summary: verb.summary,
    example: verb.example,
    arguments: verb.arguments.map((argument) => ({
      name: argument.name,
      required: argument.required,
      rest: argument.kind === 'text',
      choices: choicesOf(argument, facts, policies),
    })),
  }));
}

function choicesOf(
  { name, kind }: Argument,
  { channels, incidents, operations }: Facts,
  policies: Policies,
): readonly string[] {
  switch (kind) {
    case 'channel':
      return Object.values(policies.channels.apps).flatMap((app) => Object.keys(app.channels));
    case 'version':
      return newestFirst([...new Set(channels.flatMap(knownVersions))]);
    case 'version-or-last-good':
      return ['last-good', ...newestFirst([...new Set(channels.flatMap(knownVersions))])];
    case 'incident':
      return incidents.filter(isOpen).map(({ id }) => id);
    case 'operation':
      return operations.filter(operationIsOpen).map(({ id }) => id);
    case 'plan-hash':
      return operations.filter(({ status }) => status === 'awaiting-approval').map(({ hash }) => hash);
    case 'outcome':
      return ['done', 'failed'];
    case 'severity':
      return severities;
    case 'service':
      return Object.keys(policies.services.services);
    case 'flag':
      return [name];
    case 'text':
      return [];
    default:
      return kind satisfies never;
  }
}
