import { describe, expect, it } from 'vitest';
import type { Effect } from '../../src/core/effect.ts';
import type { IncidentEvent, OperationProgress, Suspect } from '../../src/core/incident/event.ts';
import { incidentKind } from '../../src/core/incident/incident.ts';
import type { IncidentIntent } from '../../src/core/incident/intent.ts';
import { writePostmortem } from '../../src/core/incident/postmortem.ts';
import type { Incident } from '../../src/core/incident/state.ts';
import type { Severity } from '../../src/core/severity.ts';
import { firing, opened, receive, resolved, suspect } from '../support/alerts.ts';
import { alertmanager, ana, given, minute, second, start, type Example } from '../support/given.ts';

type Story = Example<Incident, IncidentIntent, IncidentEvent>;

const acknowledge: IncidentIntent = { type: 'incident.acknowledge' };
const resolve: IncidentIntent = { type: 'incident.resolve', reason: '' };
const tick: IncidentIntent = { type: 'clock.tick', down: undefined };

function named(changes: Partial<Suspect> = {}): IncidentIntent {
  return { type: 'incident.name-suspect', suspect: { ...suspect, ...changes } };
}

function rollback(
  progress: OperationProgress,
  more: { untouched?: true; operation?: string } = {},
): IncidentIntent {
  return {
    type: 'incident.note-operation',
    operation: 'OP-1',
    progress,
    text: progress,
    loud: false,
    ...more,
  };
}

function section(story: Story, heading: string): readonly string[] {
  const { sections } = writePostmortem(story.state, story.log);
  return sections.find((each) => each.heading === heading)?.lines ?? [];
}

/** 1.5.0 is live, and 1.4.2 was good. */
const open = given(incidentKind)
  .when(receive(firing('5xx', 'P0')), { by: alertmanager })
  .when(named());

it('names the worst that it was, and what it was in the end', () => {
  const lowered = open.when(
    { type: 'incident.set-severity', severity: 'P2', reason: 'only some' },
    { at: 10 * minute, by: ana },
  );
  expect(section(lowered, 'Summary')[0]).toMatch(/^P0, P2 in the end, on Checkout/);
  expect(section(open, 'Summary')[0]).toMatch(/^P0 on Checkout/);
});

describe('the clocks of a post-mortem', () => {
  it('say how long it took, and whether that was kept', () => {
    const over = open
      .when(acknowledge, { at: 2 * minute, by: ana })
      .when(rollback('running'), { at: 3 * minute })
      .when(rollback('done'), { at: 4 * minute })
      .when(resolve, { at: 6 * minute, by: ana });
    expect(section(over, 'Clocks')).toEqual([
      'Acknowledged: 2m (limit 5m, kept)',
      'Rollback started: 3m (limit 5m, kept)',
      'Rollback, start to verified: 1m (limit 5m, kept)',
      'Resolved: 6m (limit 30m, kept)',
    ]);
  });

  it.each([
    ['it could not begin in time', rollback('failed', { untouched: true })],
    ['it was stopped before', rollback('stopped', { untouched: true })],
    ['it was put back, since production is frozen', rollback('open')],
  ])('count no rollback that got the channel and began nothing: %s', (_why, ends) => {
    const asked = open.when(rollback('running'), { at: 3 * minute });
    const late = asked.when(ends, { at: 6 * minute });
    const missed = late.when(tick, { at: 6 * minute });
    expect(section(missed, 'Clocks')[1]).toBe('Rollback started: not yet (limit 5m, MISSED)');
    const after = missed
      .when(rollback('running'), { at: 7 * minute })
      .when(rollback('failed'), { at: 8 * minute })
      .when(rollback('running', { operation: 'OP-2' }), { at: 9 * minute })
      .when(rollback('failed', { operation: 'OP-2', untouched: true }), { at: 10 * minute });
    expect(section(asked, 'Clocks')[1]).toBe('Rollback started: 3m (limit 5m, kept)');
    expect(section(after, 'Clocks')[1]).toBe('Rollback started: 7m (limit 5m, MISSED)');
  });

  it('call what never happened missed, once its time is over', () => {
    const never = open.when(tick, { at: 31 * minute }).when(resolve, { at: 40 * minute, by: ana });
    expect(section(never, 'Clocks')).toEqual([
      'Acknowledged: never (limit 5m, MISSED)',
      'Rollback started: never (limit 5m, MISSED)',
      'Rollback, start to verified: none was started (limit 5m)',
      'Resolved: 40m (limit 30m, MISSED)',
    ]);
  });

  it('do not blame anybody for what was over before its time', () => {
    const soon = open.when(resolve, { at: 3 * minute, by: ana });
    expect(section(soon, 'Clocks').slice(0, 2)).toEqual([
      'Acknowledged: never (limit 5m, not missed: it was over before)',
      'Rollback started: never (limit 5m, not missed: it was over before)',
    ]);
    const cleared = open
      .when(receive(resolved('5xx')), { at: 4 * minute, by: alertmanager })
      .when(resolve, { at: 50 * minute, by: ana });
    expect(section(cleared, 'Clocks')[0]).toBe(
      'Acknowledged: never (limit 5m, not missed: it was over before)',
    );
  });

  it('count no rollback where there is nothing to go back to', () => {
    const lost = opened('P0')
      .when(acknowledge, { at: minute, by: ana })
      .when(tick, { at: 20 * minute })
      .when(resolve, { at: 25 * minute, by: ana });
    expect(section(lost, 'Clocks')[1]).toBe(
      'Rollback started: never (limit 5m, not counted: no good release to go back to was known)',
    );
  });

  it('still run while the incident is open, and a rollback that takes too long is missed already', () => {
    expect(section(open, 'Clocks')).toEqual([
      'Acknowledged: not yet (limit 5m)',
      'Rollback started: not yet (limit 5m)',
      'Rollback, start to verified: none was started (limit 5m)',
      'Resolved: not yet (limit 30m)',
    ]);
    const slow = open
      .when(rollback('running'), { at: minute })
      .when(acknowledge, { at: 7 * minute, by: ana });
    expect(section(slow, 'Clocks')[2]).toBe('Rollback, start to verified: not yet (limit 5m, MISSED)');
  });

  it('begin again with a severity that is raised', () => {
    const raised = opened('P1')
      .when({ type: 'incident.set-severity', severity: 'P0', reason: 'worse' }, { at: 10 * minute, by: ana })
      .when(acknowledge, { at: 12 * minute, by: ana });
    expect(section(raised, 'Clocks')[0]).toBe('Acknowledged: 12m (limit 5m from 03:10:00 UTC, kept)');
  });

  it('begin again when all was over in between, and what was missed or kept until then stays so', () => {
    const late = open.when(tick, { at: 6 * minute }).when(acknowledge, { at: 20 * minute, by: ana });
    expect(section(late, 'Clocks')[0]).toBe('Acknowledged: 20m (limit 5m, MISSED)');
    const over = (story: Story): Story =>
      story
        .when(receive(resolved('5xx')), { at: 40 * minute, by: alertmanager })
        .when(receive(firing('5xx', 'P0')), { at: 41 * minute, by: alertmanager })
        .when(resolve, { at: 42 * minute, by: ana });
    expect(section(over(late), 'Clocks')[0]).toBe('Acknowledged: 20m (limit 5m, MISSED)');
    expect(section(over(open.when(acknowledge, { at: minute, by: ana })), 'Clocks')[0]).toBe(
      'Acknowledged: 1m (limit 5m, kept)',
    );
    const unresolved = over(late.when(tick, { at: 31 * minute }));
    expect(section(unresolved, 'Clocks')[3]).toBe('Resolved: 42m (limit 30m from 03:41:00 UTC, MISSED)');
  });

  it('say of what was done under another severity what was allowed then', () => {
    const to = (severity: Severity) => ({ type: 'incident.set-severity', severity, reason: '' }) as const;
    const late = opened('P1')
      .when(tick, { at: 16 * minute })
      .when(acknowledge, { at: 40 * minute, by: ana });
    const judged = { at: 41 * minute, by: ana };
    for (const story of [late, late.when(to('P0'), judged), late.when(to('P2'), judged)])
      expect(section(story, 'Clocks')[0]).toBe('Acknowledged: 40m (limit 15m, MISSED)');
  });

  it('show the difference of the times that are shown, and never a limit that is both met and missed', () => {
    const late = open.when(acknowledge, { at: 5 * minute + 400, by: ana });
    expect(section(late, 'Clocks')[0]).toBe('Acknowledged: just over 5m (limit 5m, MISSED)');
    const between = open
      .when(rollback('running'), { at: 10 * second + 900 })
      .when(rollback('done'), { at: 18 * second + 300 });
    // 03:00:10 to 03:00:18, and not the 7.4 seconds that lie between them.
    expect(section(between, 'Clocks')[2]).toBe('Rollback, start to verified: 8s (limit 5m, kept)');
  });
});

describe('the timeline of a post-mortem', () => {
  const delivered = (page: string, at: number, story: Story): Story => {
    const effect: Effect = {
      type: 'page.mail',
      person: 'ana',
      to: ['ana@shop.example'],
      subject: '',
      text: '',
      severity: 'P0',
    };
    const outcome = { status: 'done', receipt: { message_id: '<receipt@shop.example>' } } as const;
    return story.when({ type: 'effect.settled', id: page, effect, outcome }, { at });
  };
  const rungs = (story: Story): readonly string[] =>
    section(story, 'Timeline (UTC)').filter((line) => /Rung|receipt|handed/.test(line));
  const { seq } = open.log.find(({ type }) => type === 'rung.fired') ?? { seq: 0 };
  const page = (n: number): string => `INC-1/${seq}.${n}`;

  it('has no receipts: a rung says how many of its pages went out', () => {
    expect(rungs(open)).toEqual([
      '03:00:00  Rung 1 of 4: paging Ana Ruiz (PagerDuty, Slack, mail); 0 of 3 delivered',
    ]);
    const two = delivered(page(1), 2 * second, delivered(page(0), second, open));
    expect(rungs(two)).toEqual([
      '03:00:00  Rung 1 of 4: paging Ana Ruiz (PagerDuty, Slack, mail); 2 of 3 delivered',
    ]);
    expect(rungs(delivered(page(2), 3 * second, two))).toEqual([
      '03:00:00  Rung 1 of 4: paging Ana Ruiz (PagerDuty, Slack, mail); all delivered',
    ]);
  });

  it('says when one of them went out late', () => {
    const all = delivered(page(2), 65 * second, delivered(page(1), 0, delivered(page(0), 0, open)));
    expect(rungs(all)).toEqual([
      '03:00:00  Rung 1 of 4: paging Ana Ruiz (PagerDuty, Slack, mail); all delivered, the last 1m 5s later',
    ]);
  });

  it('counts a page for the rung that called for it, and for no other', () => {
    const second = open.when(tick, { at: 5 * minute });
    const other = second.log.findLast(({ type }) => type === 'rung.fired')?.seq ?? 0;
    expect(
      rungs(delivered(`INC-1/${other}.0`, 5 * minute, second)).map((line) => line.split('; ')[1]),
    ).toEqual(['0 of 3 delivered', '1 of 3 delivered']);
  });
});

describe('the summary of a post-mortem', () => {
  const live = (story: Story): string | undefined => section(story, 'Summary')[1];

  it.each<readonly [string, Suspect, string]>([
    ['the same', suspect, '1.5.0 was live all the time.'],
    [
      'another version',
      { ...suspect, live: '1.4.2', liveSince: start + minute },
      '1.5.0 was live when it began; 1.4.2 was live when it ended.',
    ],
    [
      'nobody knows what, since a rollback failed',
      { ...suspect, doubt: 'OP-1' },
      '1.5.0 was live when it began; what ran when it ended is not certain, 1.5.0 was recorded.',
    ],
  ])('says what ran at the end: %s', (_which, changes, expected) => {
    const over = open.when(named(changes), { at: minute }).when(resolve, { at: 2 * minute, by: ana });
    expect(live(over)).toBe(expected);
  });

  it('says so while nobody can be sure', () => {
    const failed = open.when(named({ doubt: 'OP-1' }));
    expect(live(failed)).toBe(
      '1.5.0 was live when it began; what runs now is not certain, 1.5.0 is recorded.',
    );
    expect(section(failed, 'Timeline (UTC)').at(-1)).toBe(
      '03:00:00  Nobody can be sure what runs since OP-1: 1.5.0 is recorded as live; last good is 1.4.2.',
    );
  });
});
