import { sayDuration, type Milliseconds } from '../time.ts';
import { sayCritical, type CriticalCount } from './critical.ts';
import { hasFloor, measureTitles, sayMeasure, type Measure } from './measure.ts';

/** Why a report does not pass: what was found, what was asked for, and over which time. */
export type Reason = { readonly window: Milliseconds } & (
  | {
      readonly type: 'beyond';
      readonly measure: Measure;
      readonly value: number;
      readonly threshold: number;
    }
  | {
      readonly type: 'clearly-up';
      readonly measure: Measure;
      readonly value: number;
      readonly threshold: number;
      readonly baseline: { readonly version: string; readonly value: number };
    }
  | {
      /** `so-far`: not for as long yet, or not as often, as it takes to fail. */
      readonly type: 'critical' | 'critical-so-far';
      readonly measure: 'severity';
      readonly value: string;
      readonly threshold: undefined;
      /** Left out where a single word of the bot is enough. */
      readonly count?: CriticalCount;
    }
  | {
      readonly type: 'too-few';
      readonly measure: 'sessions';
      readonly value: number;
      readonly threshold: number;
    }
  | {
      readonly type: 'too-short';
      readonly measure: 'window';
      readonly value: Milliseconds;
      readonly threshold: Milliseconds;
    }
  | {
      readonly type: 'missing';
      readonly measure: Measure;
      readonly value: undefined;
      readonly threshold: number;
    }
);

/** What makes a report fail; the others say why nobody can be sure. */
export function isFailing({ type }: Reason): boolean {
  return type === 'beyond' || type === 'clearly-up' || type === 'critical';
}

export type ClearlyUp = Extract<Reason, { type: 'clearly-up' }>;

/** `Error rate 2.1 % in 30m, at most 1 %` */
export function sayReason(reason: Reason): string {
  const over = `in ${sayDuration(reason.window)}`;
  switch (reason.type) {
    case 'beyond': {
      const { measure, value, threshold } = reason;
      const found = `${measureTitles[measure]} ${sayMeasure(measure, value)} ${over}`;
      return `${found}, ${sayBound(measure, threshold)}`;
    }
    case 'clearly-up': {
      const { measure, value, threshold, baseline } = reason;
      const found = `${measureTitles[measure]} ${sayMeasure(measure, value)} ${over}`;
      return `${found}, clearly up from ${sayMeasure(measure, baseline.value)} of ${baseline.version} (from ${sayMeasure(measure, threshold)} on)`;
    }
    case 'critical':
    case 'critical-so-far':
      return `The release bot calls it ${reason.count ? sayCritical(reason.count) : `critical ${over}`}`;
    case 'too-few':
      return `${reason.value} ${reason.value === 1 ? 'session' : 'sessions'} ${over}, it takes ${reason.threshold}`;
    case 'too-short':
      return `Watched for ${sayDuration(reason.value)}, it takes ${sayDuration(reason.threshold)}`;
    case 'missing':
      return `${measureTitles[reason.measure]} not measured ${over}, ${sayBound(reason.measure, reason.threshold)}`;
    default:
      return reason satisfies never;
  }
}

/** `at least 99.5 %` */
export function sayBound(measure: Measure, threshold: number): string {
  return `${hasFloor(measure) ? 'at least' : 'at most'} ${sayMeasure(measure, threshold)}`;
}
