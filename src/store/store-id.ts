import { randomInt } from 'node:crypto';
import type { Store } from './store.ts';

const mark = 'store-id';
/** Crockford's base 32: nothing in it is mistaken for another. */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

/**
 * Six characters that a store is given at its first start and keeps. Numbers such as INC-1 begin again with every
 * store, and PagerDuty, Slack, Sentry, mail and deploy tools remember those of another one: this tells them apart.
 * @param draw how a new one comes about
 */
export async function storeIdOf(store: Store, draw: () => string = drawStoreId): Promise<string> {
  // Of several processes that start on a new store, all take what one of them has drawn.
  return (await store.readMark(mark)) ?? store.keepMark(mark, draw());
}

/**
 * Whose audit trail it is: the id of the store that began it, which a store that was restored goes on with, although its
 * own is another one.
 */
export async function trailIdOf(store: Pick<Store, 'readMark'>, storeId: string): Promise<string> {
  return (await store.readMark('trail-id')) ?? storeId;
}

/** Whether it is older than the mark of its id on buttons (migration 2): its cards in Slack may bear none. */
export async function takesUnmarkedButtons(store: Store): Promise<boolean> {
  return (await store.readMark('unmarked-buttons')) !== undefined;
}

export function drawStoreId(): string {
  return Array.from({ length: 6 }, () => alphabet[randomInt(alphabet.length)]).join('');
}
