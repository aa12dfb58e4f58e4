import { apiTokens } from './checks/api-tokens.ts';
import { backups } from './checks/backups.ts';
import { approvals } from './checks/approvals.ts';
import { clock } from './checks/clock.ts';
import { commandFolders } from './checks/command-folders.ts';
import { folders } from './checks/folders.ts';
import { githubOidc } from './checks/github-oidc.ts';
import { githubToken } from './checks/github-token.ts';
import { githubWorkflows } from './checks/github-workflows.ts';
import { healthEndpoints } from './checks/health-endpoints.ts';
import { heartbeat } from './checks/heartbeat.ts';
import { ladders } from './checks/ladders.ts';
import { mail } from './checks/mail.ts';
import { nodeVersion } from './checks/node-version.ts';
import { onCall } from './checks/on-call.ts';
import { pagerdutyByName } from './checks/pagerduty-by-name.ts';
import { pagerduty } from './checks/pagerduty.ts';
import { policies } from './checks/policies.ts';
import { port } from './checks/port.ts';
import { registry } from './checks/registry.ts';
import { runningBot } from './checks/running-bot.ts';
import { sentry } from './checks/sentry.ts';
import { settings } from './checks/settings.ts';
import { slackAppToken } from './checks/slack-app-token.ts';
import { slackConversations } from './checks/slack-conversations.ts';
import { slackPeople } from './checks/slack-people.ts';
import { slackToken } from './checks/slack-token.ts';
import { stepVariables } from './checks/step-variables.ts';
import { store } from './checks/store.ts';
import { webhookTokens } from './checks/webhook-tokens.ts';
import type { Check } from './examine.ts';

/** Everything that the doctor looks at, one line each, in the order of what it says. */
export const checks: readonly Check[] = [
  settings,
  webhookTokens,
  apiTokens,
  stepVariables,
  nodeVersion,
  folders,
  commandFolders,
  store,
  backups,
  registry,
  port,
  runningBot,
  heartbeat,
  clock,
  policies,
  approvals,
  ladders,
  onCall,
  slackToken,
  slackAppToken,
  slackConversations,
  slackPeople,
  pagerduty,
  pagerdutyByName,
  mail,
  githubToken,
  githubWorkflows,
  githubOidc,
  sentry,
  healthEndpoints,
];
