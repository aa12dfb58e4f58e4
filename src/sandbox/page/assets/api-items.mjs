import { byId, h } from './dom.mjs';

/** How other programs get at the bot, ready to be copied. */
export function apiItems({ api: { url, token, person } }) {
  const copies = [
    [
      'In a terminal',
      'the command',
      `LASTGOOD_URL=${url} LASTGOOD_TOKEN=${token} npm run -s lastgood -- incident list`,
    ],
    ['Over HTTP', 'the request', `curl -H 'Authorization: Bearer ${token}' ${url}/api/v1/channels`],
    [`${person}’s token`, 'the token', token],
  ];
  return [
    {
      key: 'about',
      data: 'about',
      build: () =>
        h(
          'p',
          { class: 'about' },
          'Whatever can be typed in Slack works in a terminal and over HTTP, too, with the same words and the same refusals.',
        ),
    },
    ...copies.flatMap(([title, what, text]) => [
      { key: title, data: title, build: () => h('h3', { class: 'label' }, title) },
      { key: what, data: text, build: () => drawCopyable(what, text) },
    ]),
    {
      key: 'more',
      data: url,
      build: () =>
        h(
          'p',
          { class: 'about' },
          'The token is worth nothing outside this sandbox. Every route is described in ',
          h('a', { href: `${url}/openapi.json`, target: '_blank', rel: 'noreferrer' }, 'openapi.json'),
          '.',
        ),
    },
  ];
}

function drawCopyable(what, text) {
  const code = h('code', {}, text);
  const button = h(
    'button',
    { 'aria-label': `Copy ${what}`, 'data-focus': `copy ${what}`, onclick: copy, onblur: () => say('Copy') },
    'Copy',
  );
  return h('div', { class: 'copyable' }, h('pre', {}, code), button);

  function say(words) {
    button.textContent = words;
  }

  async function copy() {
    try {
      await navigator.clipboard.writeText(text);
      say('Copied');
      byId('announcer').textContent = `Copied ${what}`;
    } catch {
      // Some browsers let no page write there; then the visitor copies what is selected.
      getSelection().selectAllChildren(code);
      say('Selected');
      byId('announcer').textContent = `Selected ${what}; copy it with the keyboard`;
    }
  }
}
