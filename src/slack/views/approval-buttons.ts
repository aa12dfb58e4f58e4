import type { types } from '@slack/bolt';
import type { Operation } from '../../core/operation/state.ts';
import { cautionOf } from '../../core/plan/words.ts';
import { button } from './blocks.ts';

/** Yes and no to a plan; wherever they stand, they carry its hash and do the same. */
export function approvalButtons({ id, hash, plan, waitsFor, frozen }: Operation): readonly types.Button[] {
  const where = `${plan.app}/${plan.channel}`;
  const caution = cautionOf(plan);
  const change =
    plan.from === plan.to
      ? `${plan.to} is deployed to ${where} again`
      : `${where} goes ${plan.kind === 'rollback' ? 'back ' : ''}from ${plan.from} to ${plan.to}`;
  const waits = frozen ? 'when production is no longer frozen' : 'at once';
  const beginning = waitsFor === undefined ? waits : `when ${waitsFor} has let go`;
  // One tap too many while scrolling must not change production.
  const confirm = {
    title: `Approve ${id}?`,
    text: `${change}, beginning ${beginning}.${caution === undefined ? '' : ` ⚠️ ${caution}.`}`,
    confirm: 'Approve',
    deny: 'Not yet',
  };
  return [
    button('operation.approve', 'Approve', { id, hash }, { style: 'primary', confirm }),
    button('operation.reject', 'Reject', { id, hash }, { style: 'danger' }),
  ];
}
