import { sayLifters } from '../../core/freeze/lifters.ts';
import {
  confirmationCounts,
  confirmed,
  freezeCardName,
  type Freeze,
  type FreezeSwitch,
} from '../../core/freeze/state.ts';
import type { Instant } from '../../core/time.ts';
import { actions, button, context, facts, header, section, type View } from './blocks.ts';
import { fallback, join, moment, mrkdwn, shown, type Markup } from './text.ts';

/** More operations than that are counted. */
const waitingShown = 8;

/**
 * Says that production is frozen, what waits because of it, and who still has to agree that it goes on.
 * @throws when the switch no longer knows that freeze; the outbox withholds such a card
 */
export function freezeCard({ last }: FreezeSwitch, card: string, now: Instant): View {
  if (!last || freezeCardName(last) !== card) throw new Error(`nothing is known of “${card}”`);
  return last.lifted === undefined ? frozen(last, now) : lifted(last, last.lifted, now);
}

function frozen(freeze: Freeze, now: Instant): View {
  const { id, since, name, reason, again, waiting } = freeze;
  const given = confirmed(freeze, now);
  // Whose word no longer counts may give it again.
  const stale = freeze.confirmations.filter((each) => !given.includes(each)).map((each) => each.name);
  const lifters = [...stale, ...freeze.lifters];
  const people = given.map(
    (each) =>
      mrkdwn`*${each.name}* at ${moment(each.at, now)}, which counts until ${moment(each.at + confirmationCounts, now)}`,
  );
  const so = given.length === 0 ? mrkdwn`Nobody has confirmed yet` : join(people, ', ');
  return {
    text: fallback(`🧊 Production is frozen by ${name}: ${reason}`),
    blocks: [
      header('🧊 Production is frozen'),
      section(
        mrkdwn`*No step begins.* What runs is followed to its end and may be aborted. Paging, incidents and timelines go on; rollbacks may be asked for and approved.`,
      ),
      facts([
        ['Frozen by', mrkdwn`${name} at ${moment(since, now)}`],
        ['Why', shown(reason, 600)],
        ...(again
          ? [
              [
                'Should stay so',
                mrkdwn`${again.name} at ${moment(again.at, now)}: ${shown(again.reason, 300)}`,
              ] as const,
            ]
          : []),
      ]),
      section(waitingIn(waiting)),
      section(
        mrkdwn`🖐️ *It takes two people to lift it.* ${so}. Still to confirm: ${sayLifters(lifters, given.length)}.`,
      ),
      actions([
        button(
          'freeze.lift',
          'It may go on',
          { freeze: id },
          {
            confirm: {
              title: 'May production go on?',
              text: `You confirm that what it was frozen for is over. ${goesOn(waiting)}`,
              confirm: 'It may go on',
              deny: 'Not yet',
            },
          },
        ),
      ]),
      context(
        mrkdwn`Against it: \`${'/lastgood freeze <reason>'}\`, and whoever has confirmed has to do so again.`,
      ),
    ],
  };
}

function lifted(
  { since, name, reason }: Freeze,
  { at, names }: NonNullable<Freeze['lifted']>,
  now: Instant,
): View {
  const who = names.join(' and ');
  return {
    text: fallback(`✅ Production is no longer frozen: lifted by ${who}`),
    blocks: [
      header('✅ Production is no longer frozen'),
      section(mrkdwn`Lifted by *${who}* at ${moment(at, now)}.`),
      context(mrkdwn`It was frozen by ${name} at ${moment(since, now)}: ${shown(reason, 600)}`),
    ],
  };
}

function waitingIn(waiting: Freeze['waiting']): Markup {
  if (waiting.length === 0) return mrkdwn`⏸️ No operation waits.`;
  const lines = waiting
    .slice(0, waitingShown)
    .map(({ operation, what, ready }) =>
      ready
        ? mrkdwn`⏸️ *${operation}* (${what}) goes on by itself as soon as it is lifted.`
        : mrkdwn`⏸️ *${operation}* (${what}) is open.`,
    );
  const more = waiting.length - lines.length;
  return join(more > 0 ? [...lines, mrkdwn`+${more} more: \`/operation list\``] : lines, '\n');
}

function goesOn(waiting: Freeze['waiting']): string {
  const ready = waiting.filter((each) => each.ready).map(({ operation }) => operation);
  if (ready.length === 0) return 'Nothing waits to begin.';
  const named = ready.slice(0, waitingShown).join(', ');
  return `With the second confirmation goes on by itself: ${named}${ready.length > waitingShown ? ' and more' : ''}.`;
}
