import type { Argument, Verb } from './verb.ts';

/** `/rollback <channel> <version|last-good> <reason…>` */
export function sayUsage(verb: Verb): string {
  return [sayName(verb), ...verb.arguments.map(sayArgument)].join(' ');
}

/** `/incident ack` */
export function sayName(verb: Verb): string {
  return verb.word === undefined ? `/${verb.command}` : `/${verb.command} ${verb.word}`;
}

function sayArgument({ name, kind, required }: Argument): string {
  const words: Readonly<Partial<Record<Argument['kind'], string>>> = {
    'version-or-last-good': 'version|last-good',
    severity: 'P0|P1|P2|P3',
    outcome: 'done|failed',
    text: `${name}…`,
  };
  const word = words[kind] ?? name;
  return required ? `<${word}>` : `[${word}]`;
}
