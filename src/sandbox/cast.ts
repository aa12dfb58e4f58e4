import type { SlackConversation, SlackPerson } from './neighbours/slack.ts';

const person = (id: string, name: string, realName: string): SlackPerson => ({
  id,
  name,
  realName,
  email: `${name}@shop.example`,
});

/** The people of the example policies, and two that the policies do not know. */
export const people = {
  ana: person('U0ANA', 'ana', 'Ana Ruiz'),
  ben: person('U0BEN', 'ben', 'Ben Okafor'),
  dana: person('U0DANA', 'dana', 'Dana Levi'),
  gus: { ...person('U0GUS', 'gus', 'Gus Tamm'), is_restricted: true },
  relbot: { ...person('U0RELBOT', 'relbot', 'Release bot'), is_bot: true },
} satisfies Record<string, SlackPerson>;

/** The conversations of the example policies. */
export const conversations = {
  incidents: { id: 'C0INCIDENTS', name: 'incidents' },
  emergency: { id: 'C0EMERGENCY', name: 'emergency' },
  releases: { id: 'C0RELEASES', name: 'releases' },
} satisfies Record<string, SlackConversation>;
