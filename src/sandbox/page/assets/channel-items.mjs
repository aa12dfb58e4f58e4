import { actionButton } from './action-button.mjs';
import { sandboxNow } from './clock.mjs';
import { h } from './dom.mjs';
import { dayOf, lengthOf, momentOf } from './format.mjs';
import { registryItems } from './registry-form.mjs';

const VERDICTS = { pass: 'passes', fail: 'fails', inconclusive: 'inconclusive' };

/** What the panel of release channels shows, as items for `patch`. */
export function channelItems(view, actions) {
  const today = dayOf(sandboxNow());
  const person = view.people.find(({ id }) => id === view.as);
  // The release bot has no box to type in.
  const as = person?.isBot ? view.people.find(({ isBot }) => !isBot).id : view.as;
  return [
    ...view.channels.map((channel) => ({
      key: `channel ${channel.name}`,
      data: [channel, today, channel.live && lengthOf(sandboxNow() - channel.live.since), as],
      build: ([drawn, , age]) => drawChannel(drawn, age, as, actions),
    })),
    ...registryItems(view, actions),
  ];
}

function drawChannel(channel, age, as, { accept, goTo }) {
  const { name, live, lastGood, lockedBy, health, drifts, promotions, conversation, history } = channel;
  return h(
    'article',
    { class: 'channel', 'aria-label': name },
    h('h3', {}, name),
    h(
      'p',
      { class: 'live' },
      h('b', {}, live?.version ?? 'nothing'),
      h('span', {}, live ? `live for ${age}` : 'is live'),
    ),
    h('p', { class: 'last-good' }, 'last good ', h('code', {}, lastGood ?? 'none known')),
    lockedBy !== undefined && h('p', { class: 'locked' }, lockedBy),
    drifts.length > 0 &&
      h(
        'div',
        { class: 'drift' },
        ...drifts.map((says) => h('p', {}, h('b', {}, 'Drift. '), `${says}; somebody has to decide.`)),
        actionButton('See the card', {
          focus: `drift ${name}`,
          act: () => goTo({ conversation }, { closeRail: true }),
        }),
      ),
    drawHealth(health),
    ...promotions.map(({ version, to, line, pointless }) =>
      h(
        'div',
        { class: 'promotion' },
        actionButton(`Promote ${version} to ${to} …`, {
          focus: `promote ${name} ${to}`,
          reason: pointless,
          act: () => accept({ does: 'type', as, conversation, text: line }),
        }),
        pointless !== undefined && h('p', { class: 'aside' }, pointless),
      ),
    ),
    h(
      'ol',
      { class: 'history', 'aria-label': `History of ${name}, newest first` },
      ...history
        .toReversed()
        .map(({ at, version, cause, reason }) =>
          h(
            'li',
            {},
            h('time', {}, momentOf(at, sandboxNow())),
            h('code', {}, version),
            h('span', {}, reason ? `${cause}: ${reason}` : cause),
          ),
        ),
    ),
  );
}

function drawHealth(health) {
  if (health === undefined) return h('p', { class: 'health aside' }, 'No health report yet');
  const { version, verdict, sessions, reasons, trend } = health;
  return h(
    'div',
    { class: 'health' },
    h(
      'p',
      {},
      h('span', { class: 'pill', 'data-state': verdict }, VERDICTS[verdict]),
      ` ${version}, ${sessions} sessions`,
    ),
    ...reasons.map((reason) => h('p', { class: 'aside' }, reason)),
    trend !== undefined &&
      h(
        'p',
        { class: 'aside' },
        `${trend.about}: `,
        h('span', { class: 'spark', 'aria-hidden': 'true' }, trend.line),
        ` ${trend.ends}`,
      ),
  );
}
