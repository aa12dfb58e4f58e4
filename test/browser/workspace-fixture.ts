import { Refused } from '../../src/sandbox/page/workspace.ts';
import type {
  ChannelHealth,
  Mail,
  Message,
  Page,
  Release,
  Run,
  Step,
  Switch,
  Workspace,
} from '../../src/sandbox/page/workspace.ts';
import type { Block } from '../../src/sandbox/neighbours/block-kit.ts';
import { planCard, incidentCard, postMortem } from './cards-fixture.ts';
import type { PlanState } from './cards-fixture.ts';

type Stored = Omit<Message, 'onlyVisibleToYou'> & { readonly conversation: string; readonly to?: string };

const START = Date.UTC(2026, 10, 22, 14, 2, 11);
const MINUTE = 60_000;

export const ANA = 'U0ANA';
export const BEN = 'U0BEN';
export const DANA = 'U0DANA';
export const GUS = 'U0GUS';
export const INCIDENTS = 'C0INCIDENTS';
export const EMERGENCY = 'C0EMERGENCY';
export const RELEASES = 'C0RELEASES';
const BOT = { id: 'U0LASTGOOD', name: 'Lastgood', isBot: true };

export const RELBOT = 'U0RELBOT';
const people = [
  { id: ANA, name: 'Ana', role: 'on call', isBot: false, hasPager: true },
  { id: BEN, name: 'Ben', role: 'approver', isBot: false, hasPager: true },
  { id: DANA, name: 'Dana', role: 'lead', isBot: false, hasPager: true },
  { id: GUS, name: 'Gus', role: 'guest', isBot: false, hasPager: false },
  { id: RELBOT, name: 'Relbot', role: 'release bot', isBot: true, hasPager: false },
];

export interface WorkspaceFixture extends Workspace {
  /** What was typed and pressed, by whom. */
  readonly asked: string[];
}

/** A workspace that plays the main job by itself, in memory, so that the page can be looked at without a bot. */
export function createWorkspaceFixture(startOver = (): void => undefined): WorkspaceFixture {
  const asked: string[] = [];
  const listeners = new Set<() => void>();
  const stored: Stored[] = [];
  const mails: Mail[] = [];
  let pages: Page[] = [];
  let runs: Run[] = [];
  let releases: Release[] = [
    {
      version: 'shop@1.4.2',
      status: 'open',
      deploys: [{ environment: 'stable', at: START - 9 * 1440 * MINUTE }],
    },
    { version: 'shop@1.5.0', status: 'open', deploys: [{ environment: 'stable', at: START - 42 * MINUTE }] },
    {
      version: 'shop@1.6.0-rc.1',
      status: 'open',
      deploys: [{ environment: 'canary', at: START - 20 * MINUTE }],
    },
  ];
  let moved = 0;
  let counter = 0;
  let incident:
    { ts: string; at: number; state: 'open' | 'acknowledged' | 'resolved'; rung: number } | undefined;
  let plan: { ts: string; state: PlanState } | undefined;
  let refusedOnce = false;
  let rolledBackAt: number | undefined;
  let health: ChannelHealth | undefined;
  let edited: string | undefined;
  let promoted = false;
  const switches = new Map<string, string>();

  const now = (): number => START + moved;
  const nextTs = (): string => `${Math.floor(now() / 1000)}.${String(++counter).padStart(6, '0')}`;
  const changed = (): void => {
    for (const listener of listeners) listener();
  };

  function post(
    conversation: string,
    from: Message['from'],
    text: string,
    more: Partial<Stored> = {},
  ): string {
    const ts = nextTs();
    stored.push({ ts, conversation, from, text, blocks: [], edited: false, ...more });
    changed();
    return ts;
  }

  function edit(ts: string, blocks: readonly Block[]): void {
    const index = stored.findIndex((message) => message.ts === ts);
    stored[index] = { ...stored[index]!, blocks, edited: true };
    changed();
  }

  function answer(as: string, conversation: string, text: string): void {
    post(conversation, BOT, text, { to: as });
  }

  function drawIncident(): void {
    if (incident !== undefined)
      edit(incident.ts, incidentCard({ ...incident, live: rolledBackAt === undefined ? '1.5.0' : '1.4.2' }));
  }

  function fireCheckout(): void {
    incident = { ts: '', at: now(), state: 'open', rung: 0 };
    const blocks = incidentCard({ ...incident, live: '1.5.0' });
    incident.ts = post(INCIDENTS, BOT, 'P0 · Checkout answers 5xx', { blocks });
    post(`D${ANA}`, BOT, `<@${ANA}> you are paged: *P0* Checkout answers 5xx. <#${INCIDENTS}>`);
    post(INCIDENTS, BOT, `Paged <@${ANA}> by PagerDuty and direct message.`, { thread: incident.ts });
    pages.push({
      key: 'INC-12/1.1',
      state: 'triggered',
      summary: 'P0 · Checkout answers 5xx (shop/stable, 1.5.0)',
      severity: 'critical',
      history: [{ at: now(), action: 'trigger' }],
    });
  }

  function escalate(): void {
    if (incident?.state !== 'open') return;
    incident.rung += 1;
    post(INCIDENTS, BOT, `Nobody acknowledged within 5m. Paged <@${DANA}> by PagerDuty and mail.`, {
      thread: incident.ts,
    });
    post(
      EMERGENCY,
      BOT,
      `<!here> *P0* Checkout answers 5xx, and nobody has acknowledged. Card in <#${INCIDENTS}>.`,
    );
    mails.push({
      to: ['dana@shop.example'],
      subject: '[P0] INC-12 Checkout answers 5xx: nobody has acknowledged',
      text: 'You are paged because nobody acknowledged INC-12 within 5 minutes.\n\nService   checkout\nChannel   shop/stable, live 1.5.0\nSince     14:02:11 UTC\n\nAcknowledge in #incidents, or type /incident ack INC-12.',
      at: now(),
    });
    drawIncident();
  }

  function acknowledge(as: string): void {
    if (incident === undefined) return;
    incident.state = 'acknowledged';
    post(INCIDENTS, BOT, `Acknowledged by <@${as}>.`, { thread: incident.ts });
    pages = pages.map((page) => ({
      ...page,
      state: 'acknowledged',
      history: [...page.history, { at: now(), action: 'acknowledge' }],
    }));
    drawIncident();
  }

  function propose(as: string, conversation: string, reason: string): void {
    plan = { ts: '', state: { kind: 'waiting' } };
    const blocks = planCard(plan.state, { by: as, reason, at: now() });
    plan.ts = post(conversation, BOT, 'Roll shop/stable back to 1.4.2', { blocks });
    planned = { by: as, reason, at: now() };
  }
  let planned = { by: ANA, reason: '', at: START };

  function approve(as: string, conversation: string): void {
    if (plan === undefined) return;
    if (as === planned.by) {
      refusedOnce = true;
      answer(
        as,
        conversation,
        'You asked for this rollback, so somebody else has to approve it. Ben and Dana can.',
      );
      return;
    }
    plan.state = { kind: 'done', by: as };
    rolledBackAt = now();
    runs = [
      ...runs,
      {
        id: 4711,
        title: 'rollback 1.4.2 [OP-7]',
        workflow: 'rollback.yml',
        status: 'completed',
        conclusion: 'success',
        at: now(),
        url: 'http://127.0.0.1:4000/shop/shop/actions/runs/4711',
      },
    ];
    releases = releases.map((release) =>
      release.version === 'shop@1.5.0' ? { ...release, status: 'archived' } : release,
    );
    edit(plan.ts, planCard(plan.state, planned));
    drawIncident();
  }

  function resolve(as: string): void {
    if (incident === undefined) return;
    incident.state = 'resolved';
    pages = pages.map((page) => ({
      ...page,
      state: 'resolved',
      history: [...page.history, { at: now(), action: 'resolve' }],
    }));
    drawIncident();
    post(INCIDENTS, BOT, 'Post-mortem of INC-12', { thread: incident.ts, blocks: postMortem(as) });
  }

  function take(as: string, conversation: string, line: string): void {
    const [command = '', ...words] = line.split(/\s+/);
    if (command === '/rollback' && words.length > 2)
      return propose(as, conversation, words.slice(2).join(' '));
    if (command === '/rollback')
      return answer(
        as,
        conversation,
        'A reason is missing.\n`/rollback <channel> <version|last-good> <reason…>`\nFor instance: `/rollback stable 1.4.2 checkout answers 5xx`',
      );
    if (command === '/incident' && words[0] === 'resolve') return resolve(as);
    answer(as, conversation, `\`${line}\` is not a command of this fixture.`);
  }

  function mainJob(): readonly Step[] {
    return [
      {
        title: 'Fire the alert',
        hint: 'Checkout begins to fail on shop/stable. Lastgood opens a P0 in #incidents and pages Ana.',
        done: incident !== undefined,
        offer: { does: 'fire', alert: 'checkout' },
      },
      {
        title: 'Let nobody answer',
        hint: 'Ana has five minutes. Move the clock to the next escalation and watch Dana get paged, by mail too.',
        done: (incident?.rung ?? 0) > 0,
        offer: { does: 'advance' },
      },
      {
        title: 'Ask for a rollback',
        hint: 'As Ana, type /rollback stable 1.4.2 and a reason. Lastgood shows the plan and whose approval it needs.',
        done: plan !== undefined,
        offer: {
          does: 'type',
          as: ANA,
          conversation: INCIDENTS,
          text: '/rollback stable 1.4.2 checkout answers 5xx',
        },
      },
      {
        title: 'Approve it yourself',
        hint: 'Still as Ana, press Approve. It will not work, and the attempt goes on record.',
        done: refusedOnce,
        offer: { does: 'show', as: ANA, conversation: INCIDENTS, press: 'Approve' },
      },
      {
        title: 'Let Ben approve',
        hint: 'Become Ben and approve. The workflow runs, health is checked, Sentry archives 1.5.0.',
        done: plan?.state.kind === 'done',
        offer: { does: 'show', as: BEN, conversation: INCIDENTS, press: 'Approve' },
      },
      {
        title: 'Resolve and read',
        hint: 'Resolve the incident; its thread now holds the post-mortem with every page, click and refusal.',
        done: incident?.state === 'resolved',
        offer: {
          does: 'type',
          as: ANA,
          conversation: INCIDENTS,
          text: '/incident resolve INC-12 back to normal',
        },
      },
    ];
  }

  post(RELEASES, BOT, '*shop/canary* now runs `1.6.0-rc.1` (set by Relbot).');
  post(RELEASES, people[4]!, 'canary 1.6.0-rc.1: 99.71 % crash-free sessions, p95 210 ms, ok');
  post(INCIDENTS, people[2]!, 'Quiet shift so far :crossed_fingers:');
  post(INCIDENTS, people[0]!, '1.5.0 went to everybody at 13:20, keeping an eye on checkout.');

  return {
    asked,
    people: () => people,
    conversations: (as) =>
      [
        {
          id: INCIDENTS,
          name: 'incidents',
          kind: 'public' as const,
          about: 'Every incident of the shop, one card each.',
        },
        {
          id: EMERGENCY,
          name: 'emergency',
          kind: 'public' as const,
          about: 'Where Lastgood calls when nobody answers.',
        },
        {
          id: RELEASES,
          name: 'releases',
          kind: 'public' as const,
          about: 'What goes live, and how it is doing.',
        },
        ...(stored.some(({ conversation }) => conversation === `D${as}`)
          ? [
              {
                id: `D${as}`,
                name: 'Lastgood',
                kind: 'direct' as const,
                about: 'What Lastgood tells you alone.',
              },
            ]
          : []),
      ].map((conversation) => ({
        ...conversation,
        messages: stored.filter(
          (message) => message.conversation === conversation.id && (message.to ?? as) === as,
        ).length,
      })),
    messages: (as, conversation) =>
      stored
        .filter((message) => message.conversation === conversation && (message.to ?? as) === as)
        .map(({ to, ...message }) => ({ ...message, onlyVisibleToYou: to !== undefined })),
    commands: () => commandLines,
    mails: () => mails,
    pages: () => pages,
    channels: () => [
      {
        name: 'shop/stable',
        live:
          rolledBackAt === undefined
            ? { version: '1.5.0', since: START - 42 * MINUTE }
            : { version: '1.4.2', since: rolledBackAt },
        lastGood: rolledBackAt === undefined ? '1.4.2' : '1.4.1',
        ...(plan?.state.kind === 'waiting' && { lockedBy: 'OP-7 waits for an approval' }),
        drifts: edited === undefined ? [] : [`The registry file says ${edited}`],
        promotions: [],
        suggested: { health: '1.5.0', deployment: '1.5.1', registry: '1.5.1' },
        conversation: RELEASES,
        history: [
          { at: START - 30 * 1440 * MINUTE, version: '1.4.1', cause: 'imported' },
          {
            at: START - 9 * 1440 * MINUTE,
            version: '1.4.2',
            cause: 'set by Relbot',
            reason: 'weekly release',
          },
          { at: START - 42 * MINUTE, version: '1.5.0', cause: 'set by Relbot', reason: 'new payment form' },
          ...(rolledBackAt === undefined
            ? []
            : [{ at: rolledBackAt, version: '1.4.2', cause: 'rolled back by Ana', reason: planned.reason }]),
        ],
      },
      {
        name: 'shop/canary',
        live: { version: '1.6.0-rc.1', since: START - 20 * MINUTE },
        lastGood: '1.5.0',
        health,
        drifts: [],
        promotions: [
          {
            version: '1.6.0-rc.1',
            to: 'stable',
            line: '/promote canary stable 1.6.0-rc.1 it has run on canary for 20m',
            pointless: promoted ? '1.6.0-rc.1 is live on stable already.' : undefined,
          },
        ],
        suggested: { health: '1.6.0-rc.1', deployment: '1.6.0-rc.2', registry: '1.6.0-rc.2' },
        conversation: RELEASES,
        history: [
          { at: START - 3 * 1440 * MINUTE, version: '1.5.0', cause: 'imported' },
          { at: START - 20 * MINUTE, version: '1.6.0-rc.1', cause: 'set by Relbot' },
        ],
      },
    ],
    runs: () => runs,
    releases: () => releases,
    clock: () => ({
      now: now(),
      ...(incident?.state === 'open' && {
        nextWake: {
          at: incident.at + 5 * MINUTE * (incident.rung + 1),
          what: incident.rung === 0 ? 'page Dana' : 'page everybody',
        },
      }),
    }),
    alerts: () => [
      {
        name: 'checkout',
        title: 'Checkout answers 5xx',
        summary: 'shop/stable 1.5.0, one payment in three',
        severity: 'P0',
      },
      {
        name: 'catalogue',
        title: 'Catalogue is slow',
        summary: 'p95 above 2 s for ten minutes',
        severity: 'P2',
      },
      { name: 'all-resolved', title: 'All resolved', summary: 'every firing alert turns quiet' },
    ],
    switches: () =>
      switchDefinitions.map((definition) => ({
        ...definition,
        state: switches.get(definition.name) ?? definition.states[0]!.value,
      })),
    findings: () => [
      { name: 'healthy', title: 'All is well' },
      { name: 'failing', title: 'It crashes' },
    ],
    api: () => ({ url: 'http://127.0.0.1:4000', token: 'a-token-of-ana', person: 'Ana' }),
    tours: () => [
      {
        name: 'the main job',
        steps: mainJob(),
        end: { title: 'That was the whole job', hint: 'From the alert to the post-mortem.' },
      },
      {
        name: 'a bad canary',
        steps: [
          {
            title: 'Let it fail',
            hint: 'Report that the canary crashes.',
            done: health?.verdict === 'fail',
            offer: {
              does: 'report',
              as: RELBOT,
              conversation: RELEASES,
              what: 'failing',
              channel: 'shop/canary',
              version: '1.6.0-rc.1',
            },
          },
        ],
        end: { title: 'It failed', hint: 'As it should.' },
      },
    ],

    async run(as, conversation, text, thread) {
      asked.push(`${as} ${text}`);
      if (text.startsWith('/') && thread !== undefined)
        throw new Refused('Slack takes no commands in threads.');
      if (text.startsWith('/')) take(as, conversation, text);
      else {
        const { id, name, isBot } = people.find((person) => person.id === as)!;
        post(conversation, { id, name, isBot }, text, thread === undefined ? {} : { thread });
      }
    },
    async click(as, conversation, _ts, { actionId }) {
      asked.push(`${as} presses ${actionId}`);
      if (actionId === 'acknowledge') acknowledge(as);
      else if (actionId === 'approve') approve(as, conversation);
      else if (actionId === 'resolve') resolve(as);
      else throw new Refused(`The fixture has no ${actionId}.`);
    },
    async fire(alert) {
      if (alert !== 'checkout') throw new Refused('The fixture fires checkout only.');
      fireCheckout();
    },
    async advance(milliseconds) {
      moved += milliseconds;
      changed();
    },
    async advanceToNextWake() {
      if (incident?.state !== 'open') return;
      moved = incident.at + 5 * MINUTE * (incident.rung + 1) - START;
      escalate();
    },
    async turn(name, to) {
      switches.set(name, to);
      changed();
    },
    async pressPage(as, key, action) {
      asked.push(`${as} presses ${action} on ${key} in PagerDuty`);
      if (action === 'acknowledge') acknowledge(as);
      else resolve(as);
    },
    async reportHealth({ channel, version, finding, by }) {
      asked.push(`${by} ${finding} ${version} on ${channel}`);
      const fails = finding === 'failing';
      health = {
        version,
        verdict: fails ? 'fail' : 'pass',
        sessions: 4210,
        reasons: fails ? ['Crash-free sessions 97 % in 30m, at least 99 %'] : [],
        trend: { about: 'Crash-free sessions, last 2 reports', line: '█▁', ends: '99.71 % → 97 %' },
      };
      changed();
      return `Answered 200: ${version} ${fails ? 'FAILS' : 'passes'}.`;
    },
    async reportDeployment(channel, version) {
      asked.push(`deployed ${version} on ${channel}`);
      promoted = channel === 'shop/stable' && version === '1.6.0-rc.1';
      changed();
      return `Answered 200: ${version} is live.`;
    },
    async editRegistry(channel, version) {
      asked.push(`registry ${version} on ${channel}`);
      if (version === 'soon') throw new Refused('“soon” is no version such as 1.6.0.');
      edited = version;
      changed();
    },
    startOver: async () => startOver(),
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

const healthyOrFailing = [
  { value: 'healthy', label: 'healthy' },
  { value: 'failing', label: 'failing' },
];

const switchDefinitions: readonly Omit<Switch, 'state'>[] = [
  { name: 'slack', title: 'Slack', states: healthyOrFailing },
  { name: 'github', title: 'GitHub', states: healthyOrFailing },
  { name: 'pagerduty', title: 'PagerDuty', states: healthyOrFailing },
  { name: 'sentry', title: 'Sentry', states: healthyOrFailing },
  { name: 'mail', title: 'Mail', states: healthyOrFailing },
  {
    name: 'workflow',
    title: 'Rollback workflow',
    states: [
      { value: 'success', label: 'succeeds' },
      { value: 'failure', label: 'fails' },
      { value: 'never', label: 'never ends' },
    ],
  },
  {
    name: 'health',
    title: 'Health check',
    states: [
      { value: 'ok', label: 'ok' },
      { value: 'failing', label: 'failing' },
    ],
  },
];

const channel = { name: 'channel', required: true, rest: false, choices: ['stable', 'canary'] };
const incidentWord = { name: 'incident', required: false, rest: false, choices: ['INC-12'] };
const commandLines = [
  {
    command: '/rollback',
    summary: 'Ask for a rollback; somebody else approves it.',
    example: '/rollback stable 1.4.2 checkout answers 5xx',
    arguments: [
      channel,
      { name: 'version|last-good', required: true, rest: false, choices: ['last-good', '1.4.2', '1.4.1'] },
      { name: 'reason', required: true, rest: true, choices: [] },
    ],
  },
  ...['ack', 'resolve', 'timeline', 'postmortem'].map((word) => ({
    command: '/incident',
    word,
    summary: word === 'ack' ? 'Say that you are on it; the paging stops.' : `The ${word} of an incident.`,
    example: `/incident ${word} INC-12`,
    arguments: [incidentWord],
  })),
  {
    command: '/incident',
    word: 'declare',
    summary: 'Open an incident by hand.',
    example: '/incident declare P1 checkout is slow',
    arguments: [
      { name: 'severity', required: true, rest: false, choices: ['P0', 'P1', 'P2', 'P3'] },
      { name: 'title', required: true, rest: true, choices: [] },
    ],
  },
  {
    command: '/oncall',
    summary: 'Who is on call now, and who is next.',
    example: '/oncall checkout',
    arguments: [{ name: 'service', required: false, rest: false, choices: ['checkout', 'catalogue'] }],
  },
  { command: '/channels', summary: 'What is live where.', example: '/channels', arguments: [] },
  {
    command: '/lastgood',
    word: 'help',
    summary: 'All commands.',
    example: '/lastgood help',
    arguments: [],
  },
];
