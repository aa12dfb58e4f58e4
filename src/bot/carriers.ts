import type { AnyCarrier } from '../core/effect.ts';
import type { Postmortem } from '../core/incident/postmortem.ts';
import type { Policies } from '../core/policies/policies.ts';
import { secretsOf, type Settings } from '../config.ts';
import type { StreamId } from '../core/stream.ts';
import type { Instant } from '../core/time.ts';
import { stepCarrier } from '../engine/steps.ts';
import { executors } from '../executors/index.ts';
import type { Environment } from '../executors/variables.ts';
import { pagers } from '../pagers/index.ts';
import { cardUrls } from '../slack/card-url.ts';
import { slackCarriers } from '../slack/carriers/index.ts';
import type { SlackClients } from '../slack/clients.ts';
import type { Around } from './around.ts';
import { namesOfSlackIds } from './names.ts';
import { scrubbed } from './scrubbed.ts';
import type { SlackSite } from './slack-site.ts';

/** Whoever carries something out of the house; what they report back names no secret. */
export function allCarriers(parts: {
  readonly settings: Settings;
  readonly environment: Environment;
  readonly policies: () => Policies;
  readonly now: () => Instant;
  readonly clients: SlackClients;
  readonly slackTimeout: number;
  readonly site: Pick<SlackSite, 'url'>;
  readonly storeId: string;
  readonly readPostmortem: (incident: StreamId) => Promise<Postmortem>;
  readonly others: readonly AnyCarrier[];
  readonly around: Around;
}): readonly AnyCarrier[] {
  const { settings, policies, clients, around } = parts;
  const secrets = secretsOf(settings);
  const cardUrl = cardUrls(parts.site.url);
  const usable = executors({
    ...settings,
    secrets,
    environment: parts.environment,
    now: parts.now,
    isShared: settings.databaseUrl !== undefined,
  });
  const carriers: readonly AnyCarrier[] = [
    ...slackCarriers({
      ...settings.slack,
      timeout: parts.slackTimeout,
      clients,
      storeId: parts.storeId,
      nameOf: namesOfSlackIds(policies),
      cardUrl,
      readPostmortem: parts.readPostmortem,
    }),
    ...pagers({ ...settings, secrets, cardUrl }),
    stepCarrier(new Map([...usable].map(([name, executor]) => [name, around.executor(executor)]))),
    ...parts.others,
  ];
  return carriers.map((carrier) => around.carrier(scrubbed(carrier, secrets)));
}
