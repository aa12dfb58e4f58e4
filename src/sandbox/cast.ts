import type { PagerdutyUser } from './neighbours/pagerduty-webhooks.ts';
import type { SlackApp, SlackConversation, SlackPerson } from './neighbours/slack.ts';

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

/** The release bot's own app in Slack; in the sandbox, health.yml lists it. */
export const releaseBotApp: SlackApp = { appId: 'A0RELBOT', botId: 'B0RELBOT', userId: people.relbot.id };

/** Accounts at PagerDuty: those that the example policies know, and one that they do not. */
export const pagerdutyUsers = {
  ana: { id: 'PANA', name: 'Ana Ruiz' },
  ben: { id: 'PBEN', name: 'Ben Okafor' },
  dana: { id: 'PDANA', name: 'Dana Levi' },
  maeve: { id: 'PMAEVE', name: 'Maeve Quinn' },
} satisfies Record<string, PagerdutyUser>;

/** The service there whose pages name people, for policies that have one. */
export const pagerdutyService = 'PSHOP';

/** In whose name Lastgood tells PagerDuty whom to call. */
export const pagerdutySelf = { id: 'PBOT', name: 'Lastgood', email: 'lastgood@shop.example' };

export const pagerdutyAccounts = [
  pagerdutySelf,
  ...Object.entries(pagerdutyUsers).map(([name, user]) => ({ ...user, email: `${name}@shop.example` })),
];

/** The conversations of the example policies. */
export const conversations = {
  incidents: { id: 'C0INCIDENTS', name: 'incidents' },
  emergency: { id: 'C0EMERGENCY', name: 'emergency' },
  releases: { id: 'C0RELEASES', name: 'releases' },
} satisfies Record<string, SlackConversation>;
