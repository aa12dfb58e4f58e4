import type { EffectType } from '../core/effect.ts';

/** What has to hold whenever a process dies on either side of it. */
const boundaries = {
  'store receive': 'what came over a wire is stored, and then answered',
  'store decide': 'what came in is settled, together with what it led to and its answer',
  'store wake':
    'what the bot decides by itself: a rung that is due, what the registry file says at the first start',
  'store take': 'an effect is marked in flight, and then carried out',
  'store conclude': 'what came of an effect is stored, together with what follows from it',
  'store hurry': 'what is to be asked soon does not wait for its time',
  'store recover': 'what was in flight when the last process died waits again',
  'store mark': 'a small value is replaced: the sign of life, the name of the store',
  'store seal': 'a head is sealed over what was written, for whoever audits it',

  'carry page.pagerduty': 'PagerDuty rings',
  'carry page.mail': 'a mail is handed over',
  'carry page.slack': 'somebody is written to in Slack',
  'carry slack.card': 'a card is posted, or drawn anew',
  'carry slack.thread': 'a line is posted below it',
  'carry slack.postmortem': 'the post-mortem is posted',
  'carry slack.reply': 'whoever asked is answered',
  'carry step.run': 'a step is begun, asked about or stopped',
  'carry registry.publish': 'the registry file is written',

  'step start': 'production changes',
  'step check': 'the other side says how far it is',
  'step cancel': 'the other side is asked to stop',

  'file rename':
    'a published file takes the place of the one before, which whoever reads it finds whole until then',
} as const satisfies Readonly<
  Record<`${'store' | 'step' | 'file'} ${string}` | `carry ${EffectType}`, string>
>;

export type Boundary = keyof typeof boundaries;

/**
 * A place where a process may die. Before a transaction means: all of it is said, and none of it is committed. Before
 * and after anything else: it has not been asked for yet, or its answer is there.
 */
export type Failpoint = `${'before' | 'after'} ${Boundary}`;

/** All there are. A test crosses each of them (`test/faults/failpoints.test.ts`), so that none is only a name. */
export const failpoints: readonly Failpoint[] = (Object.keys(boundaries) as Boundary[]).flatMap(
  (boundary): Failpoint[] => [`before ${boundary}`, `after ${boundary}`],
);

/** Told each time a process comes to a failpoint. What it throws is thrown there. */
export type Reached = (point: Failpoint) => void;
