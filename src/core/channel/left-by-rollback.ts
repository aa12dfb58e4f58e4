import type { Move } from './state.ts';

/** Moves that are kept whatever they say: as many as the registry keeps. */
const historyKept = 300;

/**
 * The rollback by which a version was left the last time. Whoever did that had a reason; bringing it back by hand, or by
 * another promotion, clears it. Whatever judges a version asks here, so that none is proposed that the plan then warns of.
 */
export function leftByRollback(
  { moves }: { readonly moves: readonly Move[] },
  version: string,
): Move | undefined {
  const last = moves.findLast(({ from, to }) => from === version || to === version);
  return last?.cause === 'rollback' && last.to !== version ? last : undefined;
}

/** `1.5.0 was rolled back to 1.4.2`, for each that these moves leave so, the newest first; empty for none. */
export function sayLeft(moves: readonly Move[]): string {
  const left = moves.toReversed().filter((move) => {
    return move.from !== undefined && leftByRollback({ moves }, move.from) === move;
  });
  const said = left.slice(0, 3).map(({ from, to }) => `${from} was rolled back to ${to}`);
  return [...said, ...(left.length > 3 ? [`and ${left.length - 3} more`] : [])].join(', ');
}

/** The newest, and of older ones those by which a version that is still known was left for a reason. */
export function keepMoves(moves: readonly Move[], known: ReadonlySet<string>): readonly Move[] {
  const older = moves.slice(0, -historyKept);
  const marks = older.filter(
    (move) =>
      move.from !== undefined && known.has(move.from) && leftByRollback({ moves }, move.from) === move,
  );
  return [...marks, ...moves.slice(-historyKept)];
}
