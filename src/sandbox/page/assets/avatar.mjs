import { h, mark } from './dom.mjs';

/** Initials on a tone that stays the same for a person; the bot wears the product's mark. */
export function avatar({ id, name }, people) {
  const index = people.findIndex((person) => person.id === id);
  const isPerson = index >= 0;
  const initials = name.slice(
    0,
    people.some((other) => other.id !== id && other.name[0] === name[0]) ? 2 : 1,
  );
  return h(
    'span',
    { class: 'avatar', 'data-tone': isPerson ? String(index % 6) : 'bot', 'aria-hidden': 'true' },
    isPerson ? initials : mark(),
  );
}
