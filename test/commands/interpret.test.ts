import { describe, expect, it } from 'vitest';
import { slashCommands, verbs } from '../../commands/index.ts';
import { interpret } from '../../commands/interpret.ts';
import { sayName, sayUsage } from '../../commands/usage.ts';
import type { Asking } from '../../commands/verb.ts';
import { channelKind } from '../../src/core/channel/channel.ts';
import type { Incident } from '../../src/core/incident/state.ts';
import { opened } from '../support/alerts.ts';
import { ana, given, hour, minute, policies, start, stranger } from '../support/given.ts';

const incident: Incident = opened('P0').state;
const another: Incident = { ...incident, id: 'INC-2', title: 'latency fails', severity: 'P2' };
const stable = given(channelKind)
  .when({ type: 'channel.set', version: '1.4.2', reason: 'released' }, { by: ana })
  .when({ type: 'channel.set', version: '1.5.0', reason: 'released' }, { at: hour, by: ana }).state;

const asking: Asking = {
  at: start + 2 * hour,
  by: ana,
  policies,
  openIncidents: [incident],
  moreIncidents: 0,
  channels: [stable],
  openOperations: [],
  freeze: undefined,
};

/** The same deployment with a second app that has a stable channel, too. */
const twoApps: Asking = {
  ...asking,
  policies: {
    ...policies,
    channels: { apps: { ...policies.channels.apps, blog: policies.channels.apps['shop'] ?? never() } },
  },
};

function never(): never {
  throw new Error('policies/channels.yml has no shop any more');
}

function ask(line: string, given = asking) {
  const [, command = '', text = ''] = /^\/(\S+)\s?([\s\S]*)$/.exec(line) ?? [];
  return interpret(command, text, given);
}

function answerTo(line: string, given = asking) {
  const asked = ask(line, given);
  if (asked.kind !== 'answer') throw new Error(`${line} is not answered at once`);
  return asked.answer;
}

describe('what was typed becomes an intent', () => {
  const onStable = { kind: 'channel', id: 'channel:shop/stable' };
  const onCanary = { kind: 'channel', id: 'channel:shop/canary' };
  const onIncident = { kind: 'incident', id: 'INC-1' };
  const onOperation = { kind: 'operation', id: 'OP-7' };

  it.each([
    ['/rollback stable 1.4.2 it is slow', onStable, rollBack({ version: '1.4.2' }, 'it is slow')],
    [
      '/rollback shop/canary v1.4.2 slow',
      { ...onStable, id: 'channel:shop/canary' },
      rollBack({ version: '1.4.2' }),
    ],
    ['/rollback stable last-good slow', onStable, rollBack('last-good')],
    ['/rollback STABLE Last-Good slow', onStable, rollBack('last-good')],
    [
      '/rollback  stable\t1.4.2\n slow \u0000 & <!here>\r\n',
      onStable,
      rollBack({ version: '1.4.2' }, 'slow & <!here>'),
    ],
    [
      '/promote canary stable 1.6.0 three days fine',
      onCanary,
      promotion({ version: '1.6.0', reason: 'three days fine' }),
    ],
    ['/promote canary stable v1.6.0 fine', onCanary, promotion({ version: '1.6.0' })],
    ['/promote canary stable fine', onCanary, promotion()],
    ['/promote shop/canary Stable override fine', onCanary, promotion({ override: true })],
    ['/promote canary stable 1.6.0 Override fine', onCanary, promotion({ version: '1.6.0', override: true })],
    ['/promote canary stable overridden fine', onCanary, promotion({ reason: 'overridden fine' })],
    ['/promote canary stable very 1.6.0', onCanary, promotion({ reason: 'very 1.6.0' })],
    [
      '/channels set stable 1.6.0 by hand',
      onStable,
      { type: 'channel.set', version: '1.6.0', reason: 'by hand' },
    ],
    ['/incident ack', onIncident, { type: 'incident.acknowledge' }],
    ['/incident ack inc-7', { ...onIncident, id: 'INC-7' }, { type: 'incident.acknowledge' }],
    ['/incident ACK INC-1', onIncident, { type: 'incident.acknowledge' }],
    ['/incident resolve', onIncident, { type: 'incident.resolve', reason: '' }],
    ['/incident resolve rolled back', onIncident, { type: 'incident.resolve', reason: 'rolled back' }],
    ['/incident resolve INC-1 rolled back', onIncident, { type: 'incident.resolve', reason: 'rolled back' }],
    [
      '/incident sev p1 better',
      onIncident,
      { type: 'incident.set-severity', severity: 'P1', reason: 'better' },
    ],
    [
      '/incident sev INC-7 P0 worse',
      { ...onIncident, id: 'INC-7' },
      { type: 'incident.set-severity', severity: 'P0', reason: 'worse' },
    ],
    [
      '/incident declare P1 checkout payments are slow',
      { kind: 'incident', alias: 'checkout@shop/stable', open: true },
      {
        type: 'incident.declare',
        title: 'payments are slow',
        severity: 'P1',
        service: 'checkout',
        app: 'shop',
        channel: 'stable',
      },
    ],
    [
      '/operation approve op-7 0123456789ABCDEF',
      onOperation,
      { type: 'operation.approve', hash: '0123456789abcdef' },
    ],
    [
      '/operation reject OP-7 0123456789abcdef',
      onOperation,
      { type: 'operation.reject', hash: '0123456789abcdef' },
    ],
    ['/operation abort OP-7', onOperation, { type: 'operation.abort' }],
    [
      '/operation settle OP-7 Failed 1.5.0 still answers',
      onOperation,
      { type: 'operation.settle', outcome: 'failed', why: '1.5.0 still answers' },
    ],
  ])('%j', (line, to, intent) => {
    expect(ask(line)).toEqual({ kind: 'intent', to, intent });
  });

  it.each([
    ['/incident timeline', { kind: 'story', incident: 'INC-1', as: 'timeline' }],
    ['/incident postmortem INC-3', { kind: 'story', incident: 'INC-3', as: 'postmortem' }],
  ])('%s', (line, story) => {
    expect(ask(line)).toEqual(story);
  });

  it.each(verbs.map(({ example }) => example))('the example can be typed: %s', (example) => {
    const asked = ask(example);
    expect(asked.kind === 'answer' ? asked.answer.tone : 'done').toMatch(/done|info/);
  });
});

describe('a wrong word is answered with usage, example and the nearest word', () => {
  const promotion = 'Usage: /promote <source> <target> [version] [override] <reason…>';
  const rollback = ['Usage: /rollback <channel> <version|last-good> <reason…>', 'For example: /rollback'];

  it.each([
    ['/rollback', ...rollback],
    ['/rollback stable', ...rollback],
    ['/rollback stable 1.4.2', 'reason', ...rollback],
    ['/rollback stable 1.4.2 \u0000', 'reason', ...rollback],
    ['/rollback stabel 1.4.2 slow', 'Did you mean stable?', ...rollback],
    ['/rollback nightly 1.4.2 slow', 'Known: stable, canary', ...rollback],
    ['/rollback __proto__ 1.4.2 slow', 'Known: stable, canary', ...rollback],
    ['/rollback stable 1.4 slow', 'Known on shop/stable: 1.5.0, 1.4.2', ...rollback],
    ['/rollback stable $(id) slow', 'SemVer', ...rollback],
    ['/rollback stable lastgood slow', 'SemVer', ...rollback],
    [`/rollback stable 1.4.2 ${'x'.repeat(4_000)}`, '4000 characters', ...rollback],
    [`/rollback stable 1.4.2 ${'x'.repeat(8_000)}`, '8013 characters; 8000 are the most'],
    ['/incident akc INC-1', 'Did you mean /incident ack?', 'For example: /incident'],
    ['/incident frobnicate', '/incident ack', 'For example: /incident'],
    ['/incident ack INC12', 'INC-12', 'Usage: /incident ack'],
    ['/incident ack INC-1 please', 'please', 'Usage: /incident ack'],
    ['/incident timeline 12', 'INC-12', 'Usage: /incident timeline'],
    ['/incident sev', 'Usage: /incident sev'],
    ['/incident sev P5 worse', 'P0, P1, P2, P3', 'Usage: /incident sev'],
    ['/incident sev P0', 'reason', 'Usage: /incident sev'],
    ['/incident declare P1 chekout slow', 'Did you mean checkout?', 'Usage: /incident declare'],
    ['/incident declare urgent checkout slow', 'P0, P1, P2, P3', 'Usage: /incident declare'],
    ['/incident declare P1 checkout', 'title', 'Usage: /incident declare'],
    [`/incident resolve INC-1 ${'x'.repeat(501)}`, '501 characters', 'Usage: /incident resolve'],
    ['/incident list please', 'please', 'Usage: /incident list'],
    ['/operation aprove OP-1', 'Did you mean /operation approve?'],
    ['/operation approve OP-1', 'The plan-hash is missing', '/operation show'],
    ['/operation approve OP-1 yes', '16 hex digits', '/operation show'],
    ['/operation reject 1 0123456789abcdef', 'OP-7', 'Usage: /operation reject'],
    ['/operation abort', 'The operation is missing', 'Open: none.'],
    ['/operation settle OP-1 perhaps I looked', 'Known: done, failed', 'Usage: /operation settle'],
    ['/operation settle OP-1 done', 'reason', 'Usage: /operation settle'],
    ['/oncall chekout', 'Did you mean checkout?', 'Usage: /oncall [service]'],
    ['/channels sat stable 1.4.2 x', 'Did you mean /channels set?'],
    ['/channels set stable 1.4 x', 'SemVer', 'Usage: /channels set'],
    ['/lastgood halp', 'Did you mean /lastgood help?'],
    ['/promote canary stable 1.6.0', 'The reason is missing', promotion],
    ['/promote canary stable 1.6.0 override', 'The reason is missing', promotion],
    ['/promote canary stable 1.6 fine', '“1.6” is no version', promotion],
    ['/promote canary stable v2 fine', '“v2” is no version', promotion],
    ['/promote canary stable 3 days without an error', '“3” is no version', promotion],
    ['/promote canary stabel fine', 'Did you mean stable?', promotion],
    ['/demote stable', '/rollback <channel>'],
  ])('%.60s', (line, ...expected) => {
    const { tone, title, lines } = answerTo(line);
    const text = [title, ...lines].join('\n');
    expect(tone).toBe('wrong');
    for (const part of expected) expect(text).toContain(part);
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThan(300);
  });
});

describe('an emoji', () => {
  it('is repeated whole, or not at all', () => {
    expect(answerTo(`/channels set stable ${'x'.repeat(39)}🙂🙂 by hand`).title).toContain(
      `“${'x'.repeat(39)}🙂…”`,
    );
  });

  it('of which a program has left only half is no part of a reason', () => {
    const cut = 'checkout is down 🙂'.slice(0, -1);
    expect(ask(`/channels set stable 1.6.0 ${cut}`)).toMatchObject({
      intent: { reason: 'checkout is down' },
    });
  });
});

describe('an incident that was not named', () => {
  it('is the only open one', () => {
    expect(ask('/incident ack')).toMatchObject({ to: { id: 'INC-1' } });
  });

  it.each(['ack', 'resolve', 'timeline', 'postmortem', 'sev P1 better'])('is asked for: %s', (verb) => {
    const none = answerTo(`/incident ${verb}`, { ...asking, openIncidents: [] });
    expect(none).toMatchObject({ tone: 'refused', title: 'No incident is open' });
    const several = answerTo(`/incident ${verb}`, { ...asking, openIncidents: [incident, another] });
    expect(several.lines.slice(0, 2)).toEqual([
      expect.stringMatching(/^INC-1 /),
      expect.stringMatching(/^INC-2 /),
    ]);
  });
});

describe('with several apps', () => {
  it('a channel of both has to be named in full', () => {
    expect(answerTo('/rollback stable 1.4.2 slow', twoApps).lines[0]).toBe(
      'Say which: shop/stable, blog/stable.',
    );
    expect(ask('/rollback blog/stable 1.4.2 slow', twoApps)).toMatchObject({
      to: { id: 'channel:blog/stable' },
    });
  });
});

describe('what can be answered at once', () => {
  it('/lastgood help, or alone, says what it is for, every verb, who is on call, and where to read on', () => {
    const { tone, title, lines } = answerTo('/lastgood help');
    expect({ tone, title }).toEqual({
      tone: 'info',
      title: expect.stringContaining('from an alert back to the last good release'),
    });
    const usages = lines.slice(2, 2 + verbs.length);
    expect(usages.map((line) => line.split(' — ')[0])).toEqual(verbs.map(sayUsage));
    expect(lines.slice(2 + verbs.length)).toEqual([
      'On call now:',
      'Checkout, Platform: primary Ana Ruiz · secondary Ben Okafor · manager Dana Levi',
      expect.stringContaining('README.md'),
    ]);
    expect(answerTo('/lastgood')).toEqual(answerTo('/lastgood help'));
    expect(answerTo('/lastgood  ')).toEqual(answerTo('/lastgood help'));
  });

  it.each(slashCommands)('/%s alone says what there is, or what is missing', (command) => {
    expect(answerTo(`/${command}`).title).not.toContain('“');
  });

  it.each(['incident', 'operation'])('/%s alone is its list, and what else can be said', (command) => {
    const list = answerTo(`/${command} list`);
    const { tone, title, lines } = answerTo(`/${command}`);
    expect({ tone, title }).toEqual({ tone: 'info', title: list.title });
    const family = verbs.filter((verb) => verb.command === command);
    expect(lines).toEqual([
      ...list.lines,
      'You can say:',
      ...family.map(sayUsage),
      `For example: ${family[0]?.example}`,
    ]);
  });

  it('/oncall says who is on call on each level', () => {
    expect(answerTo('/oncall').lines).toHaveLength(Object.keys(policies.services.services).length);
    const [checkout] = answerTo('/oncall checkout').lines;
    expect(checkout).toMatch(/primary Ana Ruiz.*secondary Ben Okafor.*manager Dana Levi/);
  });

  it('/oncall says when nobody is', () => {
    const roster = { ...policies.roster, rotations: { checkout: { primary: { people: [] } } } };
    const nobody = answerTo('/oncall checkout', { ...asking, policies: { ...policies, roster } });
    expect(nobody.lines[0]).toMatch(/nobody/);
  });

  it('/channels says what is live, what was good, and who holds it', () => {
    const lock = {
      operation: 'OP-7',
      name: 'Ana',
      reason: 'roll back to 1.4.2',
      since: start,
      kind: 'rollback',
      to: '1.4.2',
      begunAt: undefined,
    } as const;
    const doubt = { operation: 'OP-6', why: 'no answer', since: start };
    const held = { ...stable, lock, doubt };
    const [first, second] = answerTo('/channels', { ...asking, channels: [held] }).lines;
    expect(first).toMatch(
      /^shop\/stable: NOT CERTAIN since OP-6 .* recorded is 1\.5\.0, for 1h · last good 1\.4\.2.*OP-7/,
    );
    expect(second).toMatch(/^shop\/canary: nothing known.*\/channels set canary/);
  });

  it('/incident list says who has what, and who is next', () => {
    const held = { by: 'Ana Ruiz', person: 'ana', at: start, expiresAt: undefined };
    const openIncidents = [
      incident,
      { ...another, acknowledged: held },
      { ...another, id: 'INC-3', cleared: true },
    ];
    const { title, lines } = answerTo('/incident list', { ...asking, at: start + minute, openIncidents });
    expect(title).toMatch(/^3 /);
    expect(lines).toEqual([
      expect.stringMatching(/^INC-1 .*rung 2 of 4 in 4m$/),
      expect.stringMatching(/^INC-2 .*Ana Ruiz has it$/),
      expect.stringMatching(/^INC-3 .*resolved$/),
    ]);
    expect(answerTo('/incident list', { ...asking, openIncidents: [] }).tone).toBe('info');
  });

  it('a stranger hears why they cannot declare: there is no timeline yet that could tell', () => {
    const refused = answerTo('/incident declare P1 checkout slow', { ...asking, by: stranger });
    expect(refused).toMatchObject({ tone: 'refused', title: 'Cannot declare an incident' });
  });
});

it('usage is written as people type it', () => {
  expect(verbs.map(sayUsage)).toEqual([
    '/rollback <channel> <version|last-good> <reason…>',
    '/promote <source> <target> [version] [override] <reason…>',
    '/incident declare <P0|P1|P2|P3> <service> <title…>',
    '/incident ack [incident]',
    '/incident sev [incident] <P0|P1|P2|P3> <reason…>',
    '/incident resolve [incident] [reason…]',
    '/incident timeline [incident]',
    '/incident postmortem [incident]',
    '/incident list',
    '/operation list',
    '/operation show [operation]',
    '/operation approve <operation> <plan-hash>',
    '/operation reject <operation> <plan-hash> [reason…]',
    '/operation abort <operation>',
    '/operation settle <operation> <done|failed> <reason…>',
    '/oncall [service]',
    '/channels',
    '/channels set <channel> <version> <reason…>',
    '/lastgood doctor',
    '/lastgood received <id…>',
    '/lastgood freeze <reason…>',
    '/lastgood unfreeze <reason…>',
    '/lastgood help',
  ]);
  expect(new Set(verbs.map(sayName)).size).toBe(verbs.length);
  expect(slashCommands).toEqual([
    'rollback',
    'promote',
    'incident',
    'operation',
    'oncall',
    'channels',
    'lastgood',
  ]);
});

function rollBack(target: { readonly version: string } | 'last-good', reason = 'slow') {
  return { type: 'rollback.request', target, reason };
}

function promotion(wanted: object = {}) {
  return {
    type: 'promotion.request',
    target: 'shop/stable',
    version: undefined,
    override: false,
    reason: 'fine',
    ...wanted,
  };
}
