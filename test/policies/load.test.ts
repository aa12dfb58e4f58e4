import { expect, it } from 'vitest';
import { loadPolicies } from '../../src/policies/load.ts';
import { sayProblems } from '../../src/policies/problem.ts';
import type { CheckStep } from '../../src/core/policies/check-channels.ts';
import type { PolicyName } from '../../src/core/policies/policies.ts';
import { sha256Hex } from '../../src/trust/sha256.ts';
import { policiesFolder, smallTeam } from './small-team.ts';

/** A file, what stands in it, and what somebody wrote instead. */
type Edit = readonly [PolicyName, string, string];

async function problemsAfter(edits: readonly Edit[], checkStep?: CheckStep): Promise<readonly string[]> {
  const texts = { ...smallTeam };
  for (const [name, before, after] of edits) {
    expect(texts[name]).toContain(before);
    texts[name] = texts[name].replace(before, () => after);
  }
  const dir = await policiesFolder(texts);
  const loaded = await loadPolicies(dir, checkStep);
  return loaded.ok ? [] : sayProblems(loaded.problems).replaceAll(`${dir}/`, 'policies/').split('\n');
}

it('reads the policies of a small team, with the hash of each file', async () => {
  const loaded = await loadPolicies(await policiesFolder(smallTeam));
  if (!loaded.ok) throw new Error(sayProblems(loaded.problems));
  const { roster, escalation, hashes } = loaded.policies;
  expect(roster.people['ida']?.slack).toEqual(['U0IDA']);
  expect(roster.people['tom']?.slack).toEqual(['U0TOM', 'U1TOM']);
  expect(escalation.policies['default']?.P0.rungs[1]?.after).toBe(300_000);
  expect(Object.keys(hashes)).toEqual(Object.keys(smallTeam));
  expect(hashes.roster).toBe(sha256Hex(smallTeam.roster));
});

const oneFile: readonly (readonly [Edit, string])[] = [
  // Values
  [
    ['roster', '[responder, approver]', '[responder, aprover]'],
    'policies/roster.yml:6:24  people.ida.roles[1]  expected one of responder, approver, lead; found "aprover" (did you mean approver?)',
  ],
  [
    ['roster', 'slack: U0IDA', 'slack: "@ida"'],
    'policies/roster.yml:4:12  people.ida.slack  expected a Slack user id such as U0123456789; found "@ida"',
  ],
  [
    ['services', 'escalation: default', 'escalation: default\n    pagerduty: web'],
    'policies/services.yml:8:16  services.web.pagerduty  expected the id of a service in PagerDuty, such as P0SHOP1, from the end of its link; found "web"',
  ],
  [
    ['services', 'escalation: default', 'escalation: default\n    runbook: wiki/down'],
    'policies/services.yml:8:14  services.web.runbook  expected the address of a page, with http or https; found "wiki/down"',
  ],
  [
    ['roster', 'ida@site.example', 'ida at site'],
    'policies/roster.yml:5:12  people.ida.email  expected an e-mail address; found "ida at site"',
  ],
  [
    ['roster', '    name: Tom\n', ''],
    'policies/roster.yml:7:3  people.tom.name  expected text; found nothing',
  ],
  [
    ['roster', 'name: Tom', 'name:'],
    'policies/roster.yml:8:10  people.tom.name  expected text; found nothing',
  ],
  [
    ['roster', '  tom:', '  Tom B:'],
    'policies/roster.yml:7:3  people.Tom B  expected a name of lower-case letters, digits and dashes; found "Tom B"',
  ],
  [
    ['roster', 'people: [ida]', 'people: [ida]\n      each: 7d'],
    'policies/roster.yml:13:5  rotations.web.primary  expected both starts and each (people take turns), or neither of them (everybody listed is on call); found keys with values',
  ],
  [
    ['roster', 'people: [ida]', 'people: [ida]\n      each: 7d\n      starts: monday'],
    'policies/roster.yml:16:15  rotations.web.primary.starts  expected a UTC time such as 2026-01-05T09:00:00Z, or with a zone 2026-01-05T09:00; found "monday"',
  ],
  [
    [
      'severity',
      'P0: { title: Critical, means: Down, color: red,',
      'P0: { title: Critical, means: Down, color: rde,',
    ],
    'policies/severity.yml:2:46  levels.P0.color  expected one of red, orange, yellow, blue; found "rde" (did you mean red?)',
  ],
  [
    ['severity', 'acknowledge_within: 5m', 'acknowledge_within: 5'],
    'policies/severity.yml:2:71  levels.P0.acknowledge_within  expected a duration such as 90s, 15m, 2h or 4d; found 5',
  ],
  [
    ['severity', 'acknowledge_within: 5m', 'acknowledge_within: 0s'],
    'policies/severity.yml:2:71  levels.P0.acknowledge_within  expected a duration such as 90s, 15m, 2h or 4d, longer than 0s; found "0s"',
  ],
  [
    ['severity', 'rollback_start_within: never', 'rollback_start_within: later'],
    'policies/severity.yml:2:98  levels.P0.rollback_start_within  expected a duration such as 90s, 15m, 2h or 4d, or never; found "later"',
  ],
  [
    ['severity', '{ severity: critical }', '{ outage: true }'],
    'policies/severity.yml:7:39  rules[0].labels.outage  expected text; found true (write it in quotes: "true")',
  ],
  [
    ['services', '[{ service: web }]', '[{}]'],
    'policies/services.yml:9:14  services.web.labels[0]  expected at least one label; found keys with values',
  ],
  [
    ['escalation', 'repeat_from: 1,', 'repeat_from: 0,'],
    'policies/escalation.yml:12:30  policies.default.P0.at_end.repeat_from  expected 1 or more; found 0',
  ],
  [
    ['escalation', 'times: 1, then_every: 5m', 'times: 1, then_every: 5s'],
    'policies/escalation.yml:12:55  policies.default.P0.at_end.then_every  expected 1m or longer; found "5s"',
  ],
  [
    ['approvals', 'approvals: 1', 'approvals: 0.5'],
    'policies/approvals.yml:3:61  rules[0].approvals  expected a whole number; found 0.5',
  ],
  [
    ['approvals', '[responder, approver]', '[]'],
    'policies/approvals.yml:1:1  may_request  expected 1 entries or more; found an empty list',
  ],
  [
    ['notifications', 'C0EMERGENCY', '"#emergency"'],
    'policies/notifications.yml:2:14  conversations.emergency  expected a Slack conversation id such as C0123456789; found "#emergency"',
  ],
  [
    ['health', 'at_most: 0.02', 'at_most: 2'],
    'policies/health.yml:5:40  rules[0].measures.error_rate.at_most  expected a fraction from 0 to 1 such as 0.995; found 2',
  ],
  [
    ['health', 'error_rate: {', 'eror_rate: {'],
    'policies/health.yml:5:17  rules[0].measures.eror_rate  unexpected key "eror_rate" (did you mean error_rate?)',
  ],
  [
    ['health', '{ error_rate: { at_most: 0.02 } }', '{}'],
    'policies/health.yml:5:5  rules[0].measures  expected at least one measure; found none',
  ],
  [
    ['health', 'minimum_window: 5m', 'minimum_window: 5'],
    'policies/health.yml:4:21  rules[0].minimum_window  expected a duration such as 90s, 15m, 2h or 4d; found 5',
  ],
  [
    ['health', 'rules:', 'release_bots: [relbot]\nrules:'],
    'policies/health.yml:1:16  release_bots[0]  expected the id of a Slack app such as A0123456789; found "relbot"',
  ],
  // Keys
  [
    ['severity', 'acknowledge_within: 5m', 'acknowlege_within: 5m'],
    'policies/severity.yml:2:51  levels.P0.acknowlege_within  unexpected key "acknowlege_within" (did you mean acknowledge_within?)',
  ],
  [
    ['escalation', '{ on_call: primary, by: [slack, mail] }', '{ oncall: primary, by: [slack, mail] }'],
    'policies/escalation.yml:7:17  policies.default.P0.rungs[0].page[0].oncall  unexpected key "oncall" (did you mean on_call?)',
  ],
  [
    ['escalation', '{ on_call: primary, by: [slack, mail] }', '{ on_call: primary, by: [slack, phone] }'],
    'policies/escalation.yml:7:47  policies.default.P0.rungs[0].page[0].by[1]  expected one of pagerduty, mail, slack; found "phone"',
  ],
  [
    ['notifications', 'mail_groups:', 'sms: yes\nmail_groups:'],
    'policies/notifications.yml:3:1  sms  unexpected key "sms" (it takes conversations, mail_groups)',
  ],
  // YAML
  [['roster', '  tom:', '  ida:'], 'policies/roster.yml:7:3  expected each key once; found "ida" again'],
  [
    ['roster', 'name: Tom', 'name: !!js/function Tom'],
    'policies/roster.yml:8:11  expected plain values; found the tag !!js/function',
  ],
  [
    ['roster', '  tom:', '  __proto__:'],
    'policies/roster.yml:7:3  expected an ordinary key; found "__proto__"',
  ],
  [
    ['roster', 'name: Tom', 'name: *ida'],
    'policies/roster.yml:8:11  expected an anchor &ida before this; found none',
  ],
  [
    ['roster', 'roles: [approver]', 'roles: &roles [*roles]'],
    'policies/roster.yml:10:20  expected an alias of something else; found *roles inside itself',
  ],
  [
    ['roster', 'rotations:', '---\nrotations:'],
    'policies/roster.yml:11:1  expected one document; found a second one',
  ],
  [
    ['roster', smallTeam.roster, '# nothing yet\n'],
    'policies/roster.yml:1:1  expected keys with values; found nothing',
  ],
  [
    ['roster', smallTeam.roster, ''],
    'policies/roster.yml  the file is missing; every deployment needs it, and the one that comes with Lastgood is a good start',
  ],
];

it.each(oneFile.map(([edit, said]) => ({ edit, said })))('$said', async ({ edit, said }) => {
  expect(await problemsAfter([edit])).toEqual([said]);
});

it('refuses a bomb of aliases', async () => {
  const bomb = ['a: &a [x, x, x, x, x, x, x, x]'];
  for (const [name, inner] of ['ba', 'cb', 'dc', 'ed'])
    bomb.push(`${name}: &${name} [${`*${inner}, `.repeat(8)}]`);
  expect(await problemsAfter([['roster', smallTeam.roster, bomb.join('\n')]])).toEqual([
    'policies/roster.yml:1:1  expected aliases (*name) in moderation; found far too many',
  ]);
});

it('takes an anchor and its aliases for what they are: less to write', async () => {
  const shared = smallTeam.escalation
    .replace('P1: {', 'P1: &calm {')
    .replace(/P([23]): \{.*\}/g, 'P$1: *calm');
  expect(await problemsAfter([['escalation', smallTeam.escalation, shared]])).toEqual([]);
});

const together: readonly (readonly [readonly Edit[], string])[] = [
  [
    [['services', 'rotation: web', 'rotation: wbe']],
    'policies/services.yml:6:15  services.web.rotation  expected a rotation of roster.yml; found "wbe" (did you mean web?)',
  ],
  [
    [['services', 'escalation: default', 'escalation: quick']],
    'policies/services.yml:7:17  services.web.escalation  expected a policy of escalation.yml; found "quick" (there are default)',
  ],
  [
    [['services', 'app: site', 'app: sites']],
    'policies/services.yml:4:10  services.web.app  expected an app of channels.yml; found "sites" (did you mean site?)',
  ],
  [
    [['services', 'channel: stable', 'channel: beta']],
    'policies/services.yml:5:14  services.web.channel  expected a channel of site in channels.yml; found "beta" (there are stable)',
  ],
  [
    [['services', 'conversation: emergency', 'conversation: emergencies']],
    'policies/services.yml:8:19  services.web.conversation  expected a conversation of notifications.yml; found "emergencies" (did you mean emergency?)',
  ],
  [
    [['services', 'production: stable', 'production: stabel']],
    'policies/services.yml:11:31  channel_values.production  expected a channel of channels.yml; found "stabel" (did you mean stable?)',
  ],
  [
    [['services', 'unclaimed: web', 'unclaimed: constructor']],
    'policies/services.yml:12:12  unclaimed  expected a name that means nothing to JavaScript; found "constructor"',
  ],
  [
    [['severity', 'service: web', 'service: wep']],
    'policies/severity.yml:7:16  rules[0].service  expected a service of services.yml; found "wep" (did you mean web?)',
  ],
  [
    [['escalation', 'person: tom', 'person: tim']],
    'policies/escalation.yml:10:25  policies.default.P0.rungs[1].page[0].person  expected a person of roster.yml; found "tim" (did you mean tom?)',
  ],
  [
    [['escalation', 'person: tom, by: [slack]', 'person: tom, by: [slack, mail]']],
    'policies/escalation.yml:10:30  policies.default.P0.rungs[1].page[0].by  expected people with an email in roster.yml; found tom, who has none',
  ],
  [
    [
      ['services', '    escalation: default', '    escalation: default\n    pagerduty: P0SHOP1'],
      ['escalation', 'on_call: primary, by: [slack,', 'on_call: primary, by: [pagerduty,'],
    ],
    'policies/roster.yml:2:3  people.ida  expected a pagerduty id, since web in services.yml has one and its ladder pages ida by pagerduty; found none',
  ],
  [
    [
      ['services', '    escalation: default', '    escalation: default\n    pagerduty: P0SHOP1'],
      ['escalation', 'person: tom, by: [slack]', 'person: tom, by: [pagerduty]'],
    ],
    'policies/roster.yml:7:3  people.tom  expected a pagerduty id, since web in services.yml has one and its ladder pages tom by pagerduty; found none',
  ],
  [
    [['roster', 'people: [ida]', 'people: [ida, tom]']],
    'policies/escalation.yml:7:35  policies.default.P0.rungs[0].page[0].by  expected people with an email in roster.yml; found tom, who has none',
  ],
  [
    [['escalation', 'on_call: primary', 'on_call: primery']],
    'policies/escalation.yml:7:26  policies.default.P0.rungs[0].page[0].on_call  expected a level of the rotation web in roster.yml; found "primery" (did you mean primary?)',
  ],
  [
    [['escalation', 'mail_group: team', 'mail_group: teem']],
    'policies/escalation.yml:11:29  policies.default.P0.rungs[1].page[1].mail_group  expected a mail group of notifications.yml; found "teem" (did you mean team?)',
  ],
  [
    [['escalation', 'conversation: emergency', 'conversation: ops']],
    'policies/escalation.yml:13:55  policies.default.P1.rungs[0].page[0].conversation  expected a conversation of notifications.yml; found "ops" (there are emergency)',
  ],
  [
    [['escalation', 'repeat_from: 1', 'repeat_from: 3']],
    'policies/escalation.yml:12:30  policies.default.P0.at_end.repeat_from  expected one of the 2 rungs; found 3',
  ],
  [
    [['roster', 'people: [ida]', 'people: [idda]']],
    'policies/roster.yml:14:16  rotations.web.primary.people[0]  expected a person of this file; found "idda" (did you mean ida?)',
  ],
  [
    [['roster', 'U1TOM', 'U0IDA']],
    'policies/roster.yml:9:5  people.tom.slack  expected an account of one person; found "U0IDA", which ida has, too',
  ],
  [
    [['roster', 'name: Tom', 'name: Tom\n    email: Ida@site.example']],
    'policies/roster.yml:9:12  people.tom.email  expected an account of one person; found "Ida@site.example", which ida has, too',
  ],
  [
    [['approvals', "channels: ['*']", 'channels: [site/stable]']],
    'policies/approvals.yml:4:5  rules[1]  expected the last rule to fit everything: channels ["*"], no severities; found one that leaves requests without a rule',
  ],
  [
    [['approvals', 'channels: [site/stable], severities: [P0]', "channels: ['*/*']"]],
    'policies/approvals.yml:3:5  rules[0]  expected only the last rule to fit everything; found one that hides the rules after it',
  ],
  [
    [['approvals', 'site/stable', 'site/stabel']],
    'policies/approvals.yml:3:18  rules[0].channels[0]  expected a channel of channels.yml or a pattern for some; found "site/stabel" (did you mean site/stable?)',
  ],
  [
    [['approvals', 'approvals: 1', 'approvals: 2']],
    'policies/approvals.yml:3:61  rules[0].approvals  expected 2 besides the requester who may approve (approver); found tom when ida requests',
  ],
  [
    [['approvals', 'may_request: [responder, approver]', 'may_request: [lead]']],
    'policies/approvals.yml:1:1  may_request  expected at least one person of roster.yml to be lead; found nobody',
  ],
  [
    [['channels', 'conversation: emergency', 'conversation: ops']],
    'policies/channels.yml:7:23  apps.site.channels.stable.conversation  expected a conversation of notifications.yml; found "ops" (there are emergency)',
  ],
  [
    [['channels', 'phase: verify', 'phase: record']],
    'policies/channels.yml:9:11  apps.site.channels.stable.rollback.steps  expected at least one step of phase verify; found none',
  ],
  [
    [
      ['channels', 'phase: execute', 'phase: later'],
      ['channels', 'phase: verify', 'phase: execute'],
      ['channels', 'phase: later', 'phase: verify'],
    ],
    'policies/channels.yml:18:22  apps.site.channels.stable.rollback.steps[1].phase  expected phases in the order execute, verify, record; found execute after verify',
  ],
  [
    [['channels', 'target: 1m', 'target: 3m']],
    'policies/channels.yml:13:23  apps.site.channels.stable.rollback.steps[0].target  expected a target within the deadline of 2m; found 3m',
  ],
  [
    [['channels', "'{{version}}'", "'v{{ verson }}'"]],
    'policies/channels.yml:15:42  apps.site.channels.stable.rollback.steps[0].with.inputs.version  expected one of {{version}}, {{from}}, {{reason}}, {{operation}}, {{correlation}}, {{app}}, {{channel}}; found "{{ verson }}" (did you mean version?)',
  ],
  [
    [['channels', "'{{version}}'", "'{{run|url}}'"]],
    'policies/channels.yml:15:42  apps.site.channels.stable.rollback.steps[0].with.inputs.version  expected one of {{version}}, {{from}}, {{reason}}, {{operation}}, {{correlation}}, {{app}}, {{channel}}; found "{{run|url}}"',
  ],
  [
    [['health', '[site/stable]', '[site/stabel]']],
    'policies/health.yml:2:16  rules[0].channels[0]  expected a channel of channels.yml or a pattern for some; found "site/stabel" (did you mean site/stable?)',
  ],
  [
    [['health', "['*']", '[site/stable]']],
    'policies/health.yml:6:5  rules[1].channels  expected the last rule to fit everything: channels ["*"]; found one that leaves channels without a rule',
  ],
  [
    [['health', '[site/stable]', "['*']"]],
    'policies/health.yml:2:5  rules[0].channels  expected only the last rule to fit everything; found one that hides the rules after it',
  ],
];

it.each(together.map(([edits, said]) => ({ edits, said })))('$said', async ({ edits, said }) => {
  expect(await problemsAfter(edits)).toEqual([said]);
});

it('leaves it to the caller to judge executors and what they are given', async () => {
  const checkStep: CheckStep = (uses, input) =>
    uses === 'deploy' ? undefined : `expected an executor; found "${uses}" with ${JSON.stringify(input)}`;
  expect(await problemsAfter([], checkStep)).toEqual([
    'policies/channels.yml:16:15  apps.site.channels.stable.rollback.steps[1]  expected an executor; found "health" with {}',
  ]);
});

it('tells all mistakes at once, in every file, in the order in which one reads', async () => {
  const edits: readonly Edit[] = [
    ['services', 'unclaimed: web', 'unclaimed: wep'],
    ['services', 'escalation: default', 'escalation: defolt'],
    ['roster', 'ida@site.example', 'ida'],
    ['roster', 'slack: U0IDA', 'slack: ida'],
    ['notifications', 'emergency: C0', '\temergency: C0'],
  ];
  const places = (await problemsAfter(edits)).map((line) => line.split('  ')[0]);
  expect(places).toEqual([
    'policies/services.yml:7:17',
    'policies/services.yml:12:12',
    'policies/roster.yml:4:12',
    'policies/roster.yml:5:12',
    'policies/notifications.yml:2:3',
  ]);
});
