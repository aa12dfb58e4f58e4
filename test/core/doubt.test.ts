import { describe, expect, it } from 'vitest';
import { channels } from '../../commands/channels.ts';
import type { Asking } from '../../commands/verb.ts';
import type { Settled } from '../../src/core/effect.ts';
import { ana, ben, hour, minute, policies, start } from '../support/given.ts';
import { streams, type Streams } from '../support/streams.ts';

const stable = 'channel:shop/stable';
const set = (version: string) => ({ type: 'channel.set', version, reason: 'released' }) as const;

/** 1.5.0 is live, INC-1 is open, and OP-1 was to go back to 1.4.2: its first step ends like this. */
function rollbackEnds(outcome: Settled): Streams {
  const all = streams();
  const at = 2 * hour;
  all.say(stable, set('1.4.2'), ana, 0);
  all.say(stable, set('1.5.0'), ana, hour);
  const incident = { severity: 'P1', service: 'checkout', app: 'shop', channel: 'stable' } as const;
  all.say('INC-1', { type: 'incident.declare', title: 'Nobody can pay', ...incident }, ana, at);
  const back = { type: 'rollback.request', target: { version: '1.4.2' }, reason: 'nobody can pay' } as const;
  all.say(stable, back, ana, at);
  all.say('OP-1', { type: 'operation.approve', hash: all.operation('OP-1').hash }, ben, at);
  const [step] = all.outstanding();
  if (!step) throw new Error('no step is under way');
  all.send(step, at);
  all.settle(step, outcome, at + minute);
  return all;
}

function sayChannels(all: Streams): string {
  const asking: Asking = {
    by: ana,
    at: start + 3 * hour,
    policies,
    openIncidents: [],
    moreIncidents: 0,
    openOperations: [],
    freeze: undefined,
    channels: [all.channel(stable)],
  };
  const asked = channels.ask({}, asking);
  return asked.kind === 'answer' ? (asked.answer.lines[0] ?? '') : '';
}

describe('after a rollback that ended half way', () => {
  it.each<Settled>([
    { status: 'failed', why: 'Run 1 failed.' },
    { status: 'unknown', why: 'GitHub is gone.' },
  ])('($status) the incident knows that nobody can be sure what runs', (outcome) => {
    const all = rollbackEnds(outcome);
    expect(all.incident('INC-1').suspect).toMatchObject({ live: '1.5.0', lastGood: '1.4.2', doubt: 'OP-1' });
    expect(sayChannels(all)).toMatch(
      /^shop\/stable: NOT CERTAIN since OP-1 \(.*\) · recorded is 1\.5\.0, for 2h · last good 1\.4\.2/,
    );
  });

  it('is sure again once somebody has looked and says so', () => {
    const all = rollbackEnds({ status: 'failed', why: 'Run 1 failed.' });
    all.say(stable, set('1.5.0'), ana, 3 * hour);
    expect(all.incident('INC-1').suspect).not.toHaveProperty('doubt');
    expect(sayChannels(all)).toMatch(/^shop\/stable: 1\.5\.0 live for/);
  });

  it('a deployment that is told later is what runs', () => {
    const all = rollbackEnds({ status: 'failed', why: 'Run 1 failed.' });
    const told = { type: 'deployment.report', version: '1.5.1' } as const;
    all.say(stable, told, { kind: 'source', name: 'github' }, 3 * hour);
    expect(all.incident('INC-1').suspect).toMatchObject({ live: '1.5.1' });
    expect(all.incident('INC-1').suspect).not.toHaveProperty('doubt');
  });
});
