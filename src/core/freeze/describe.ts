import { sayActor } from '../actor.ts';
import { sayRefusal } from '../refusals.ts';
import { sentence } from '../sentence.ts';
import type { Recorded } from '../stream.ts';
import type { FreezeEvent } from './event.ts';
import { sayLifters } from './lifters.ts';
import { liftCommand, type Waiting } from './state.ts';

/** One line under the card, and in the answer to whoever asked; undefined for what the card shows. */
export function describeFreezeEvent(event: Recorded<FreezeEvent>): string | undefined {
  switch (event.type) {
    case 'production.frozen': {
      const reason = sentence(event.reason);
      const who = sayLifters(event.lifters);
      return event.again
        ? `${sayActor(event.by)} wants it to stay frozen: ${reason} Whoever had confirmed that it may go on has to say so again. It takes ${who}.`
        : `Frozen by ${sayActor(event.by)}: ${reason} No step begins any more. What runs is followed to its end, and everything else goes on. To lift it takes ${who}: ${liftCommand}.`;
    }
    case 'lift.confirmed': {
      const { count, needed, left } = event;
      const more = count < needed ? ` Still to confirm: ${sayLifters(left, count)}.` : '';
      return `${sayActor(event.by)} confirms that production may go on, ${count} of ${needed}: ${sentence(event.reason)}${more}`;
    }
    case 'production.thawed': {
      const { names, ready } = event;
      return `Lifted by ${names.join(' and ')}. ${sayReady(ready)}`;
    }
    case 'request.refused':
      return sayRefusal(event);
    case 'freeze.holds':
    case 'freeze.lets-go':
    case 'card.posted':
    case 'card.failed':
      return undefined;
    default:
      return event satisfies never;
  }
}

/** What lifting it sets going. */
export function sayReady(ready: readonly Waiting[]): string {
  return ready.length === 0
    ? 'Nothing was waiting to begin.'
    : `By itself goes on: ${ready.map(({ operation, what }) => `${operation} (${what})`).join(', ')}.`;
}
