import { answer } from '../src/core/answer.ts';
import { onCallAt } from '../src/core/policies/roster.ts';
import type { Asking, Verb } from './verb.ts';

export const oncall: Verb = {
  command: 'oncall',
  word: undefined,
  summary: 'Who is on call now',
  arguments: [{ name: 'service', kind: 'service', required: false }],
  example: '/oncall checkout',
  ask: ({ service }, asking) => {
    const services = Object.entries(asking.policies.services.services).filter(
      ([key]) => service === undefined || key === service,
    );
    const lines = services.flatMap(([, { title, rotation }]) => [
      `${title}: ${sayRotation(rotation, asking)}`,
    ]);
    return { kind: 'answer', answer: answer('info', 'On call now', ...lines) };
  },
};

function sayRotation(rotation: string, { policies: { roster }, at }: Asking): string {
  const levels = Object.keys(roster.rotations[rotation] ?? {});
  return levels
    .map((level) => {
      const names = onCallAt(roster, rotation, level, at).map((key) => roster.people[key]?.name ?? key);
      return `${level} ${names.length === 0 ? 'nobody!' : names.join(', ')}`;
    })
    .join(' · ');
}
