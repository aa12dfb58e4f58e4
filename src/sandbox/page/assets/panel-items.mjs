import { actionButton } from './action-button.mjs';
import { sandboxNow } from './clock.mjs';
import { h } from './dom.mjs';
import { momentOf, timeOf } from './format.mjs';

// Each of these returns what a panel shows as items for `patch`, newest first.

export function pageItems(view, actions) {
  if (view.pages.length === 0)
    return [empty('no pages', 'Nobody has been paged.', 'PagerDuty’s alerts appear here.')];
  const me = view.people.find(({ id }) => id === view.as);
  return view.pages.toReversed().map((page, index) => ({
    key: `page ${view.pages.length - index}`,
    data: [page, page.state === 'resolved' || me],
    build: ([{ key, state, summary, severity, history }]) =>
      h(
        'article',
        { class: 'record' },
        h('header', {}, pill(state), h('span', { class: 'aside' }, severity)),
        h('h3', {}, summary),
        h('p', { class: 'aside' }, h('code', {}, key)),
        state !== 'resolved' && me !== undefined && drawPagerButtons(key, state, me, actions),
        h(
          'ol',
          { class: 'history', 'aria-label': 'What happened to it, newest first' },
          ...history
            .toReversed()
            .map(({ at, action }) =>
              h('li', {}, h('time', {}, momentOf(at, sandboxNow())), h('span', {}, action)),
            ),
        ),
      ),
  }));
}

/** What somebody presses in PagerDuty comes back to the bot as a signed webhook. */
function drawPagerButtons(key, state, me, { ask }) {
  const reason = me.hasPager ? undefined : `${me.name} has no account at PagerDuty.`;
  const press = (action, text, style) =>
    actionButton(text, {
      label: `${text} in PagerDuty`,
      focus: `${action} ${key}`,
      style,
      reason,
      act: () => ask({ do: 'press-page', as: me.id, key, action }),
    });
  return h(
    'div',
    { class: 'presses' },
    state === 'triggered' && press('acknowledge', 'Acknowledge', reason === undefined && 'primary'),
    press('resolve', 'Resolve'),
    h('p', { class: 'aside' }, reason ?? `in PagerDuty, as ${me.name}`),
  );
}

export function mailItems(view) {
  if (view.mails.length === 0)
    return [empty('no mails', 'The mailbox is empty.', 'Whoever is mailed, it arrives here.')];
  return view.mails.toReversed().map((mail, index) => ({
    key: `mail ${view.mails.length - index}`,
    data: mail,
    build: ({ to, subject, text, at }) =>
      h(
        'details',
        { class: 'record mail', open: index === 0 },
        h(
          'summary',
          { 'data-focus': `mail ${view.mails.length - index}` },
          h('b', {}, subject),
          h('span', { class: 'aside' }, `to ${to.join(', ')} · `, h('time', {}, timeOf(at))),
        ),
        h('pre', {}, text),
      ),
  }));
}

export function deployItems(view) {
  const runs = view.runs.toReversed().map((run) => ({
    key: `run ${run.id}`,
    data: run,
    build: ({ title, workflow, status, conclusion, at, url }) =>
      h(
        'article',
        { class: 'record' },
        h(
          'header',
          {},
          pill(conclusion ?? status, (conclusion ?? status).replace('_', ' ')),
          h('time', { class: 'aside' }, timeOf(at)),
        ),
        h('h3', {}, h('a', { href: url, target: '_blank', rel: 'noreferrer' }, title)),
        h('p', { class: 'aside' }, workflow),
      ),
  }));
  const releases = view.releases.toReversed().map((release) => ({
    key: `release ${release.version}`,
    data: release,
    build: ({ version, status, deploys }) =>
      h(
        'article',
        { class: 'record' },
        h('header', {}, h('code', {}, version), pill(status)),
        ...deploys
          .toReversed()
          .map(({ environment, at }) =>
            h(
              'p',
              { class: 'aside' },
              `deployed to ${environment}, `,
              h('time', {}, momentOf(at, sandboxNow())),
            ),
          ),
      ),
  }));
  return [
    heading('GitHub Actions'),
    ...(runs.length > 0 ? runs : [empty('no runs', 'No workflow has run yet.')]),
    heading('Releases at Sentry'),
    ...(releases.length > 0 ? releases : [empty('no releases', 'Sentry knows no release yet.')]),
  ];
}

export function faultItems(view, { ask }) {
  return [
    {
      key: 'about',
      data: 'about',
      build: () =>
        h(
          'p',
          { class: 'about' },
          'Make the surroundings fail, and watch what Lastgood does about it: it tries again, says so, and never pretends.',
        ),
    },
    ...view.switches.map((one) => ({
      key: `switch ${one.name}`,
      data: one,
      build: ({ name, title, state, states }) =>
        h(
          'fieldset',
          { class: 'switch', 'data-fault': state !== states[0].value },
          h('legend', {}, title),
          h(
            'div',
            {},
            ...states.map(({ value, label }) =>
              h(
                'label',
                {},
                h('input', {
                  type: 'radio',
                  name: `switch-${name}`,
                  value,
                  checked: value === state,
                  'data-focus': `${name} ${value}`,
                  onchange: () => ask({ do: 'turn', name, to: value }),
                }),
                h('span', {}, label),
              ),
            ),
          ),
        ),
    })),
  ];
}

const empty = (key, ...lines) => ({
  key,
  data: key,
  build: () => h('div', { class: 'empty' }, ...lines.map((line) => h('p', {}, line))),
});
const heading = (text) => ({
  key: `heading ${text}`,
  data: text,
  build: () => h('h3', { class: 'label' }, text),
});
const pill = (state, text = state) => h('span', { class: 'pill', 'data-state': state }, text);
