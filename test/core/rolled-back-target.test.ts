import { describe, expect, it } from 'vitest';
import { cautionAbout } from '../../src/core/channel/testimony.ts';
import type { Intent } from '../../src/core/intent.ts';
import { showOperation } from '../../src/core/operation/show.ts';
import { toOperation } from '../../src/http/api/operation-shapes.ts';
import { ana, ben, hour, minute, policies, start } from '../support/given.ts';
import { streams, type Streams } from '../support/streams.ts';

const stable = 'channel:shop/stable';
const fine = { status: 'done', receipt: { note: 'fine' } } as const;

function set(version: string): Intent {
  return { type: 'channel.set', version, reason: 'released' };
}
function rollBack(version: string, reason = 'checkout answers 500'): Intent {
  const target = version === 'last-good' ? version : { version };
  return { type: 'rollback.request', target, reason };
}

/** 1.4.2 is live again at 04:10: OP-1 has rolled back 1.5.0, which came at 04:00. */
function rolledBack(): Streams {
  const all = streams();
  const at = hour + 10 * minute;
  all.say(stable, set('1.4.2'), ana, 0);
  all.say(stable, set('1.5.0'), ana, hour);
  all.say(stable, rollBack('1.4.2'), ana, at);
  all.say('OP-1', { type: 'operation.approve', hash: all.operation('OP-1').hash }, ben, at);
  for (let [step] = all.outstanding(); step; [step] = all.outstanding()) {
    all.send(step, at);
    all.settle(step, fine, at);
  }
  return all;
}
const caution = '1.5.0 was rolled back from on shop/stable at 04:10 UTC by OP-1 (checkout answers 500)';

describe('the versions that a refused rollback names', () => {
  it('are without the live one, and say which were rolled back', () => {
    expect(rolledBack().ask(stable, rollBack('last-good'), ana, 2 * hour)).toContain(
      'Name one yourself: 1.5.0 (rolled back 04:10 UTC).',
    );
    expect(rolledBack().ask(stable, rollBack('9.9.9'), ana, 2 * hour)).toContain(
      '9.9.9 has never been live on shop/stable. Known there: 1.5.0 (rolled back 04:10 UTC).',
    );
  });

  it('say on which day that was, when it is long ago', () => {
    expect(rolledBack().ask(stable, rollBack('last-good'), ana, 48 * hour)).toContain(
      '1.5.0 (rolled back 2026-11-22 04:10 UTC).',
    );
  });

  it('are no longer marked once somebody has vouched for them', () => {
    const all = rolledBack();
    all.say(stable, set('1.5.0'), ana, 2 * hour);
    all.say(stable, set('1.6.0'), ana, 2 * hour);
    expect(all.ask(stable, rollBack('9.9.9'), ana, 3 * hour)).toContain('Known there: 1.5.0, 1.4.2.');
  });

  it('are none where only the live one is known', () => {
    const all = streams();
    all.say(stable, set('1.4.2'), ana, 0);
    expect(all.ask(stable, rollBack('last-good'), ana, hour)).toContain(
      'No version but 1.4.2 is known on shop/stable. Deploy another by other means, and say so: /channels set stable <version> <reason>.',
    );
    expect(all.ask(stable, rollBack('9.9.9'), ana, hour)).toContain('No other version is known there.');
  });

  it('have the recorded one among them while nobody is certain that it runs', () => {
    const all = rolledBack();
    all.say(stable, set('1.6.0'), ana, 2 * hour);
    all.say(stable, rollBack('1.4.2'), ana, 2 * hour);
    all.say('OP-2', { type: 'operation.approve', hash: all.operation('OP-2').hash }, ben, 2 * hour);
    const [step] = all.outstanding();
    if (!step) throw new Error('no step is under way');
    all.send(step, 2 * hour);
    all.settle(step, { status: 'failed', why: 'run 9 failed' }, 2 * hour);
    expect(all.ask(stable, rollBack('9.9.9'), ana, 3 * hour)).toContain(
      'Known there: 1.6.0, 1.5.0 (rolled back 04:10 UTC), 1.4.2.',
    );
  });
});

describe('a rollback to a version that a rollback has left', () => {
  it('is planned with a caution, and whoever asked is told', () => {
    const all = rolledBack();
    expect(all.ask(stable, rollBack('1.5.0', 'the lesser evil'), ana, 2 * hour)).toContain(`⚠️ ${caution}.`);
    const operation = all.operation('OP-2');
    expect(operation.plan).toMatchObject({ kind: 'rollback', to: '1.5.0', caution });
    expect(showOperation(operation, policies).lines[0]).toBe(`⚠️ ${caution}.`);
    expect(toOperation(operation)).toMatchObject({ to: '1.5.0', caution });
  });

  it('names who did it where the move was stored before moves told their operation', () => {
    const channel = rolledBack().channel(stable);
    const moves = channel.moves.map(({ operation: _operation, ...move }) => move);
    expect(cautionAbout({ ...channel, moves }, '1.5.0', start + 2 * hour)).toContain(
      'at 04:10 UTC by Ana Ruiz (slack) (checkout answers 500)',
    );
  });

  it('is calm to any other', () => {
    const all = rolledBack();
    all.say(stable, set('1.6.0'), ana, 2 * hour);
    expect(all.ask(stable, rollBack('1.4.2'), ana, 3 * hour)).not.toContain('⚠️');
    expect(all.operation('OP-2').plan).not.toHaveProperty('caution');
    expect(toOperation(all.operation('OP-2'))).toMatchObject({ caution: null });
  });
});
