import { statement } from './postgres-rows.ts';
import type { Queries } from './postgres-queries.ts';
import type { Store } from './store.ts';

const readMark = statement('SELECT value FROM mark WHERE name = $1');
const writeMark = statement(
  'INSERT INTO mark VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
);
const keepMark = statement(
  'INSERT INTO mark VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = mark.value RETURNING value',
);
const advanceMark = statement(
  `INSERT INTO mark VALUES ($1, $2)
   ON CONFLICT (name) DO UPDATE SET value = excluded.value
   WHERE excluded.value > mark.value OR mark.value > $3::text`,
);

/** Small values by name. */
export function marksIn({
  rowsOf,
  change,
}: Queries): Pick<Store, 'readMark' | 'writeMark' | 'keepMark' | 'advanceMark'> {
  return {
    readMark: async (name) => (await rowsOf<{ value: string }>(readMark, name))[0]?.value,
    writeMark: async (name, value) => void (await change(writeMark, name, value)),
    keepMark: async (name, value) =>
      (await rowsOf<{ value: string }>(keepMark, name, value))[0]?.value ?? value,
    advanceMark: async (name, value, highest) => (await change(advanceMark, name, value, highest)) === 1,
  };
}
