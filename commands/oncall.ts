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
    const lines = services.map(([, { title, rotation }]) => `${title}: ${sayRotation(rotation, asking)}`);
    return { kind: 'answer', answer: answer('info', 'On call now', ...lines) };
  },
};

/** The same for all services, those of the same people together: `Checkout, Search: primary Ana Ruiz`. */
export function onCallTogether(asking: Asking): readonly string[] {
  const titlesOf = new Map<string, readonly string[]>();
  for (const { title, rotation } of Object.values(asking.policies.services.services)) {
    const people = sayRotation(rotation, asking);
    titlesOf.set(people, [...(titlesOf.get(people) ?? []), title]);
  }
  return [...titlesOf].map(([people, titles]) => `${titles.join(', ')}: ${people}`);
}

function sayRotation(rotation: string, { policies: { roster }, at }: Asking): string {
  const levels = Object.keys(roster.rotations[rotation] ?? {});
  return levels
    .map((level) => {
      const names = onCallAt(roster, rotation, level, at).map((key) => roster.people[key]?.name ?? key);
      return `${level} ${names.length === 0 ? 'nobody!' : names.join(', ')}`;
    })
    .join(' · ');
}
