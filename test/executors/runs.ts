import type { StepRun } from '../../src/core/executor.ts';

/** A step of OP-7, which takes shop/stable from 1.5.0 back to 1.4.2. */
export function stepRun(withWhat: unknown): StepRun {
  return {
    id: 'OP-7.1',
    operation: 'OP-7',
    app: 'shop',
    channel: 'stable',
    from: '1.5.0',
    version: '1.4.2',
    reason: 'checkout errors',
    since: Date.parse('2026-11-22T03:00:00Z'),
    until: Date.parse('2026-11-22T03:10:00Z'),
    with: withWhat,
  };
}

/** A clock that stands at 2026-11-22 03:00 UTC until it is moved. */
export function clock(): { readonly now: () => number; readonly pass: (milliseconds: number) => void } {
  let at = Date.parse('2026-11-22T03:00:00Z');
  return {
    now: () => at,
    pass(milliseconds) {
      at += milliseconds;
    },
  };
}
