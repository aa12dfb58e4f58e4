import type { Result } from './run.ts';
import type { StoreKind } from './store-places.ts';

/** What somebody needs who is to find out why: the end of the trace, what broke when, and how to see it again. */
export function sayBroken(
  { seed, hash, broken }: Pick<Result, 'seed' | 'hash' | 'broken'>,
  { hours, store, lines }: { readonly hours: number; readonly store: StoreKind; readonly lines: number },
): string {
  const again = `npm run simulate -- --seed ${seed} --hours ${hours}`;
  return [
    ...(broken?.trace.slice(-lines) ?? []),
    '',
    `Broken: ${broken?.invariant}`,
    `        ${broken?.how}`,
    `        seed ${seed}, at ${broken?.at}, trace ${hash}`,
    `Again:  ${again}${store === 'model' ? '' : ` --store ${store}`}`,
  ].join('\n');
}
