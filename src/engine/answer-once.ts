import type { Once, Submitted } from '../core/envelope.ts';
import type { Transaction } from '../store/store.ts';

/**
 * Does the work and keeps its answer in the same transaction; or, when that was done before under the same id, hands
 * out the answer of then. Of two at once, the store lets one through: the other is run again, and finds the answer.
 * @param options.keep not for a look or a mistake: whoever looks every few seconds would fill the store
 */
export async function answerOnce(
  transaction: Transaction,
  once: Once | undefined,
  { keep }: { readonly keep: boolean },
  work: () => Promise<Submitted>,
): Promise<Submitted> {
  if (!once) return work();
  const { id, request, at } = once;
  const earlier = await transaction.inboxItem(id);
  if (earlier?.note !== undefined) {
    return { ...(JSON.parse(earlier.note) as Submitted), repeated: earlier.body };
  }
  const submitted = await work();
  if (keep)
    await transaction.receiveSettled({ id, source: 'api', at, body: request }, JSON.stringify(submitted));
  return submitted;
}
