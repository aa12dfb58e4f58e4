import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { interpretByName, verbName } from '../../commands/by-name.ts';
import { slashCommands, verbs } from '../../commands/index.ts';
import { interpret } from '../../commands/interpret.ts';
import type { Ask, Asking } from '../../commands/verb.ts';
import { channelKind } from '../../src/core/channel/channel.ts';
import { policyOf } from '../../src/core/channel/place.ts';
import { operationKind } from '../../src/core/operation/operation.ts';
import { nearest } from '../../src/core/nearest.ts';
import { parseVersion } from '../../src/core/version.ts';
import { kindOf } from '../../src/engine/kinds.ts';
import { exampleArguments, exampleLine } from '../../src/http/api/about-commands.ts';
import { readPage } from '../../src/http/api/page.ts';
import { refuseBlocks } from '../../src/sandbox/neighbours/block-kit.ts';
import { buttons, type ButtonId, type ButtonValue } from '../../src/slack/buttons.ts';
import { askOfClick } from '../../src/slack/clicks.ts';
import { answerMessage } from '../../src/slack/views/answer.ts';
import { opened } from '../support/alerts.ts';
import { ana, dana, given, hour, policies, start } from '../support/given.ts';
import { plan } from '../support/rollback.ts';
import { interpreted } from './support/interpreted.ts';
import { nearly, nearlyText } from './support/near.ts';

const incident = opened('P0').state;
const stable = given(channelKind)
  .when({ type: 'channel.set', version: '1.4.2', reason: 'released' }, { by: ana })
  .when({ type: 'channel.set', version: '1.5.0', reason: 'released' }, { at: hour, by: ana }).state;
const [rule] = policies.approvals.rules;
const operation = given(operationKind).when(
  { type: 'operation.open', plan, rule: rule!, incident: undefined, severity: undefined, conversation: 'C0' },
  { by: ana },
).state;
const states: Readonly<Record<string, unknown>> = {
  'INC-1': incident,
  'OP-1': operation,
  'channel:shop/stable': stable,
};

const asking: Asking = {
  at: start + 2 * hour,
  by: dana,
  policies,
  openIncidents: [incident],
  moreIncidents: 0,
  channels: [stable],
  openOperations: [operation],
  freeze: undefined,
};

/** What is wrong with what was asked for; the core has to judge it without falling over it. */
function flaws(ask: Ask): readonly string[] {
  if (ask.kind === 'answer') {
    const { text, blocks } = answerMessage(ask.answer);
    const live = [text, ...interpreted(blocks)].filter((words) => /[<>]/.test(words));
    return [...live, ...(refuseBlocks(blocks)?.reasons ?? [])];
  }
  if (ask.kind !== 'intent') return [];
  const { to, intent } = ask;
  const { at, by } = asking;
  const id = 'id' in to ? to.id : to.alias;
  // As the bot asks first: a button may be older than the channels there are.
  if (to.kind !== 'channel' || policyOf({ id, policies })) {
    const context = { policies, id, nextOperation: 'OP-2', storeId: 'k3x9w2' };
    JSON.stringify(kindOf(to.kind).decide(states[id], { at, by, intent }, context));
  }
  const version = 'version' in intent ? intent.version : undefined;
  return version === undefined || parseVersion(version) === version ? [] : [version];
}

/** What people type is one line of a sensible length, wherever it stands. */
function flawsOfTyped(ask: Ask): readonly string[] {
  const words = ask.kind === 'intent' ? wordsIn(ask.intent) : [];
  return [...flaws(ask), ...words.filter((text) => /[\p{Cc}\p{Cs}]/u.test(text) || text.length > 600)];
}

function wordsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(wordsIn) : [];
}

describe.each(verbs.map((verb) => [verbName(verb), verb] as const))('%s', (name, verb) => {
  const line = `${verb.word ?? ''} ${exampleLine(verb)}`.trim();
  const words = ['stable', 'canary', '1.4.2', 'last-good', 'INC-1', 'OP-1', 'P0', 'override', operation.hash];

  test('typed nearly right: an intent without a flaw, or an answer', () => {
    fc.assert(
      fc.property(nearlyText(line, ...words), (text) => {
        expect(flawsOfTyped(interpret(verb.command, text, asking))).toEqual([]);
        expect(flawsOfTyped(interpretByName(name, { line: text }, asking))).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  test('by name nearly right: an intent without a flaw, or an answer', () => {
    const genuine = { ...exampleArguments(verb), operation: 'OP-1', channel: 'stable', incident: 'INC-1' };
    const known = Object.fromEntries(
      verb.arguments.flatMap(({ name: each }) =>
        Object.entries(genuine).filter(([argument]) => argument === each),
      ),
    );
    fc.assert(
      fc.property(nearly(known), (named) => {
        const given = typeof named === 'object' && named !== null ? (named as Record<string, unknown>) : {};
        expect(flawsOfTyped(interpretByName(name, { named: given }, asking))).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});

test('Any words after any command, and any command: always an answer or an intent', () => {
  const command = fc.oneof(fc.constantFrom(...slashCommands), fc.string());
  fc.assert(
    fc.property(command, fc.string({ unit: 'binary' }), (name, text) => {
      expect(flawsOfTyped(interpret(name, text, asking))).toEqual([]);
    }),
    { numRuns: 500 },
  );
});

test('A button with anything on it: an intent without a flaw, or an answer', () => {
  const channel = 'shop/stable';
  const values: { readonly [Id in ButtonId]: ButtonValue<Id> } = {
    'incident.acknowledge': { id: 'INC-1' },
    'incident.resolve': { id: 'INC-1' },
    'incident.raise': { id: 'INC-1', severity: 'P0' },
    'incident.rollback': { id: 'INC-1', channel, version: '1.4.2' },
    'channel.rollback': { channel, version: '1.4.2', leaving: '1.5.0', reason: 'canary health failed' },
    'drift.record': { channel, drift: 1 },
    'drift.keep': { channel, drift: 1 },
    'operation.approve': { id: 'OP-1', hash: operation.hash },
    'operation.reject': { id: 'OP-1', hash: operation.hash },
    'operation.abort': { id: 'OP-1' },
    'operation.settle': { id: 'OP-1', outcome: 'done' },
    'freeze.lift': { freeze: 1 },
  };
  const actions = fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom(...(Object.keys(buttons) as ButtonId[])) },
    { weight: 1, arbitrary: fc.constantFrom('__proto__', 'constructor', '') },
  );
  const clicks = actions.chain((actionId) =>
    nearly(new Map<string, object>(Object.entries(values)).get(actionId) ?? {}).map((value) => ({
      actionId,
      value,
    })),
  );
  let intents = 0;
  fc.assert(
    fc.property(clicks, (click) => {
      const ask = askOfClick(click);
      intents += ask.kind === 'intent' ? 1 : 0;
      expect(flaws(ask)).toEqual([]);
    }),
    { numRuns: 1_000 },
  );
  expect(intents).toBeGreaterThan(100);
});

test('Any page of a list: one with a sound limit and cursor, or a problem', () => {
  fc.assert(
    fc.property(
      nearlyText('open=true&limit=50&before=INC-12', '&', 'limit=', 'before=', 'open='),
      (query) => {
        const read = readPage(new URLSearchParams(query), 'INC');
        const { limit, before } = 'page' in read ? read.page : { limit: 1, before: undefined };
        expect(Number.isInteger(limit) && limit >= 1 && limit <= 200).toBe(true);
        expect(before ?? 'INC-1').toMatch(/^INC-\d{1,9}$/);
        expect('problem' in read ? read.problem.length : 1).toBeLessThan(200);
      },
    ),
    { numRuns: 500 },
  );
});

describe('The nearest word', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 9 });

  test('is the one that comparing letter by letter finds', () => {
    fc.assert(
      fc.property(letters, fc.array(letters, { maxLength: 6 }), (word, candidates) => {
        const furthest = Math.max(1, Math.floor(word.length / 3));
        const near = candidates
          .filter((candidate) => candidate !== word && distance(word, candidate) <= furthest)
          .toSorted((a, b) => distance(word, a) - distance(word, b));
        expect(nearest(word, candidates)).toBe(near[0]);
      }),
      { numRuns: 1_000 },
    );
  });

  test('to a million letters is none, and is not looked for', () => {
    expect(nearest('x'.repeat(1_000_000), ['rollback', 'promote'])).toBeUndefined();
  });
});

/** By its definition: the least of what it takes when the first letters are dropped, added, replaced or swapped. */
function distance(a: string, b: string): number {
  if (a === '' || b === '') return a.length + b.length;
  if (a[0] === b[0]) return distance(a.slice(1), b.slice(1));
  const swapped = a.length > 1 && a[0] === b[1] && a[1] === b[0];
  return (
    1 +
    Math.min(
      distance(a.slice(1), b),
      distance(a, b.slice(1)),
      distance(a.slice(1), b.slice(1)),
      swapped ? distance(a.slice(2), b.slice(2)) : Infinity,
    )
  );
}
