import type { Drift, DriftEnd } from '../../core/channel/drift-state.ts';
import { sayLeft } from '../../core/channel/left-by-rollback.ts';
import { atStake } from '../../core/channel/last-good.ts';
import { uncertainty } from '../../core/channel/testimony.ts';
import { sentenceOf } from '../../core/plan/concern.ts';
import { knownVersions, livePeriod, promotionToStop, type Channel } from '../../core/channel/state.ts';
import type { Instant } from '../../core/time.ts';
import { actions, button, context, facts, header, section, type View } from './blocks.ts';
import { rollbackButton } from './health-card.ts';
import { fallback, link, moment, mrkdwn, type Markup } from './text.ts';

/** Our records, and somebody who says otherwise; with a button for either side while it works. */
export function driftCard(channel: Channel, drift: Drift, now: Instant): View {
  const { name } = channel;
  const ours = livePeriod(channel)?.version;
  const title = `Drift on ${name}`;
  if (drift.settled) {
    const { how, version, at, by } = drift.settled;
    return {
      text: fallback(`✅ ${title}: settled`),
      blocks: [
        header(`✅ ${title} is settled`),
        section(mrkdwn`${endWords[how](version ?? 'nothing', by)}`),
        context(mrkdwn`From ${moment(drift.since, now)} to ${moment(at, now)}.`),
      ],
    };
  }
  const found = drift.found ?? 'nothing';
  const question = drift.found === ours ? `${found} after all?` : `${found} or ${ours ?? 'nothing'}?`;
  return {
    text: fallback(`⚠️ ${title}: ${question}`),
    blocks: [
      header(`⚠️ ${title}: ${question}`),
      section(explanation(channel, drift)),
      facts([
        [drift.side === 'file' ? 'The registry file says' : 'What runs', said(drift, now)],
        ['Our records say', mrkdwn`${ours ?? 'nothing'}${since(channel, now)}`],
      ]),
      ...controls(channel, drift, ours),
    ],
  };
}

const endWords: Readonly<Record<DriftEnd, (version: string, by: string) => string>> = {
  agrees: (version) => `Both say ${version} now; it settled by itself.`,
  recorded: (version, by) => `${version} is recorded as live, says ${by}.`,
  kept: (version, by) => `${version} stays, says ${by}; the registry file is written again.`,
  replaced: (version) => `${version} has been deployed over it.`,
  'taken-back': (version) => `${version} was put live and verified.`,
  overtaken: (version) => `No longer of interest: by now ${version} is recorded as live.`,
};

function explanation(channel: Channel, { side, cause, found, operation, missed = [] }: Drift): Markup {
  if (side === 'file' && missed.length > 0) {
    const left = sayLeft(missed);
    const also =
      left === '' ? '' : ` It also says that since then ${left}: whoever records it records that, too.`;
    return mrkdwn`The registry file goes further than our records, which were restored from a backup.${also} ${whatRuns(channel)}`;
  }
  if (side === 'file') {
    const edited =
      found === undefined
        ? 'Somebody took this channel out of the registry file'
        : 'Somebody else wrote into the registry file';
    return mrkdwn`${edited}, in which CI and people read what is live. Lastgood deploys nothing because of it. ${whatRuns(channel)}`;
  }
  switch (cause) {
    case 'left-by-rollback':
      return mrkdwn`*${found ?? 'It'} was rolled back before, and something has deployed it again.* Stop what deploys it, or it comes back once more.`;
    case 'meanwhile':
      return mrkdwn`*Which came last is not certain: ${found ?? 'this'}, or ${operation ?? 'an operation'}.* Look what runs.`;
    case 'held':
    case 'edited':
      return mrkdwn`*${operation ?? 'An operation'} holds this channel, and something else has deployed here.*`;
    default:
      return cause satisfies never;
  }
}

/** As far as anybody has told us: who reads the file may deploy what it says. */
function whatRuns(channel: Channel): string {
  const { lock, name } = channel;
  const live = livePeriod(channel)?.version;
  if (lock?.begunAt !== undefined) return `${lock.operation} is at work on ${name} right now.`;
  const unsure = uncertainty(channel);
  if (unsure) return sentenceOf([unsure]);
  return live === undefined
    ? `What runs on ${name} is not known.`
    : `As far as Lastgood knows, ${live} runs on ${name}.`;
}

function said({ found, by, side, since, url }: Drift, now: Instant): Markup {
  const who = side === 'file' ? mrkdwn`` : mrkdwn`, says ${by}`;
  const where = url === undefined ? mrkdwn`` : mrkdwn` · ${link(url, 'open')}`;
  return mrkdwn`${found ?? 'nothing'}${who}, seen ${moment(since, now)}${where}`;
}

function since(channel: Channel, now: Instant): Markup {
  const live = livePeriod(channel);
  return live ? mrkdwn`, since ${moment(live.from, now)}` : mrkdwn``;
}

function controls(channel: Channel, drift: Drift, ours: string | undefined): View['blocks'] {
  const { id, side, found } = drift;
  const { name, lock } = channel;
  const value = { channel: name, drift: id };
  const record = (from: string): ReturnType<typeof button> =>
    button('drift.record', `${from} is live: record it`, value, {
      confirm: {
        title: `Record ${from}?`,
        text: `${from} is recorded as live on ${name}. Nothing is deployed.`,
        confirm: 'Record it',
        deny: 'Cancel',
      },
    });
  const keep = (version: string): ReturnType<typeof button> =>
    button('drift.keep', `Keep ${version}: write the file again`, value);
  const reason = `drift: ${found ?? 'something else'} runs there and should not`;
  const buttons = [
    ...(found === undefined || lock ? [] : [record(found)]),
    ...(side === 'file' && ours !== undefined ? [keep(ours)] : []),
    ...(side === 'reality' &&
    (!lock || promotionToStop(channel)) &&
    atStake(channel)?.version === found &&
    found !== undefined &&
    ours !== undefined &&
    ours !== found &&
    knownVersions(channel).includes(ours)
      ? [rollbackButton(channel, { to: ours, leaving: found, reason })]
      : []),
  ];
  return [
    ...(lock ? [context(mrkdwn`*${lock.operation}* holds ${name}: ${lock.reason}, by ${lock.name}.`)] : []),
    ...(buttons.length > 0 ? [actions(buttons)] : []),
  ];
}
