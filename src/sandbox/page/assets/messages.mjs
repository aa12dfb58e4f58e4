import { avatar } from './avatar.mjs';
import { byId, h, patch } from './dom.mjs';
import { dayOf, preciseTimeOf, slackDate, timeOf, tsToTime } from './format.mjs';
import { labelOf } from './rail.mjs';

const SAME_BREATH_MS = 3 * 60_000;
/** The scrolled parts that are not at their end. */
const readingBack = new Set();
let shown = { place: '', thread: undefined, seen: new Set() };

/** The conversation in the middle, and the thread beside it when one is open. */
export function drawMessages(view, thread, actions) {
  const place = `${view.as} ${view.conversation}`;
  const moved = shown.place !== place;
  const top = view.messages.filter(
    (message) => message.thread === undefined || message.thread === message.ts,
  );
  const replies = Map.groupBy(
    view.messages.filter((message) => message.thread !== undefined && message.thread !== message.ts),
    (message) => message.thread,
  );
  const conversation = view.conversations.find(({ id }) => id === view.conversation);
  keepAtEnd(byId('scroll'), moved, () =>
    patch(byId('messages'), [
      { key: 'beginning', data: conversation?.id, build: () => drawBeginning(conversation) },
      ...rows(view, top, replies, actions),
    ]),
  );

  byId('thread').hidden = thread === undefined;
  if (thread !== undefined) {
    const inThread = [...top.filter(({ ts }) => ts === thread), ...(replies.get(thread) ?? [])];
    keepAtEnd(byId('thread-scroll'), shown.thread !== thread, () =>
      patch(byId('thread-messages'), rows(view, inThread, new Map(), actions)),
    );
  }
  if (!moved) announce(view.messages.filter(({ ts, from }) => !shown.seen.has(ts) && from.id !== view.as));
  shown = { place, thread, seen: new Set(view.messages.map(({ ts }) => ts)) };
}

function rows(view, messages, replies, actions) {
  let day = '';
  let before;
  return messages.flatMap((message) => {
    const at = tsToTime(message.ts);
    const items = [];
    if (dayOf(at) !== day) {
      day = dayOf(at);
      items.push({ key: day, data: day, build: () => h('li', { class: 'day' }, h('span', {}, day)) });
      before = undefined;
    }
    const follows =
      before?.from.id === message.from.id &&
      at - tsToTime(before.ts) < SAME_BREATH_MS &&
      !isCard(before) &&
      !isCard(message) &&
      before.onlyVisibleToYou === message.onlyVisibleToYou;
    before = message;
    const answers = (replies.get(message.ts) ?? []).map(({ ts }) => ts);
    items.push({
      key: message.ts,
      data: [message, follows, answers, view.as],
      build: () => drawMessage(view, message, follows, answers, actions),
    });
    return items;
  });
}

const isCard = ({ html }) =>
  html.includes('slack_blocks_to_jsx__header') || html.includes('slack_blocks_to_jsx__actions');

function drawMessage(view, message, follows, answers, actions) {
  const { ts, from, edited, onlyVisibleToYou } = message;
  const at = tsToTime(ts);
  const time = h('time', { datetime: new Date(at).toISOString(), title: preciseTimeOf(at) }, timeOf(at));
  return h(
    'li',
    {
      class: 'message',
      'data-ts': ts,
      'data-follows': follows,
      'data-card': isCard(message),
      'data-severity': message.severity,
      'data-private': onlyVisibleToYou,
    },
    follows ? h('span', { class: 'margin-time' }, time) : avatar(from, view.people),
    h(
      'article',
      { 'aria-label': `${from.name}, ${timeOf(at)}` },
      onlyVisibleToYou && h('p', { class: 'private' }, 'Only visible to you'),
      !follows &&
        h(
          'header',
          { class: 'by' },
          h('b', {}, from.name),
          from.isBot && h('span', { class: 'app' }, 'app'),
          time,
          edited && h('span', { class: 'edited' }, 'edited'),
        ),
      drawBody(view, message, actions),
      follows && edited && h('span', { class: 'edited' }, 'edited'),
      answers.length > 0 &&
        h(
          'button',
          { class: 'replies', 'data-focus': `thread ${ts}`, onclick: () => actions.openThread(ts) },
          h('b', {}, answers.length === 1 ? '1 reply' : `${answers.length} replies`),
          h('span', {}, `last at ${timeOf(tsToTime(answers.at(-1)))}`),
        ),
    ),
  );
}

function drawBody(view, message, actions) {
  const body = h('div', { class: 'message-text' });
  // Made by our own server from Block Kit; React escapes all text in it, and the CSP lets no script in.
  body.innerHTML = message.html;
  for (const time of body.querySelectorAll('time[data-format]'))
    time.textContent = slackDate(time.dataset.format, Date.parse(time.dateTime));
  for (const mention of body.querySelectorAll('[data-user-id]'))
    mention.classList.toggle('you', mention.dataset.userId === view.as);
  for (const element of body.querySelectorAll('[data-press]'))
    liven(element, message, message.buttons[Number(element.dataset.press)], actions);
  return body;
}

function liven(element, { ts }, button, actions) {
  element.dataset.focus = `${ts} ${button.actionId}`;
  if (button.style !== undefined) element.dataset.style = button.style;
  if (button.label !== undefined) element.setAttribute('aria-label', button.label);
  element.addEventListener('click', async () => {
    if (button.confirm !== undefined && !(await actions.confirm(button.confirm))) return;
    if (button.url !== undefined) window.open(button.url, '_blank', 'noreferrer');
    element.setAttribute('aria-busy', 'true');
    await actions.press(ts, button);
    element.removeAttribute('aria-busy');
  });
}

function drawBeginning(conversation) {
  return h(
    'li',
    { class: 'beginning' },
    h('p', {}, conversation ? labelOf(conversation) : ''),
    h('p', {}, `${conversation?.about ?? ''} This is where it begins.`),
  );
}

/** Someone who reads further up is left there, and told that there is more. */
function keepAtEnd(scroll, moved, draw) {
  const before = scroll.scrollHeight;
  const last = lastOf(scroll)?.dataset.ts;
  if (moved) readingBack.delete(scroll);
  draw();
  const isNews = moved || lastOf(scroll)?.dataset.ts !== last;
  // A long card that is brought up to date stays where somebody is reading it.
  if (!readingBack.has(scroll)) {
    if (isNews || endOf(scroll) === bottomOf(scroll)) scroll.scrollTop = endOf(scroll);
  } else if (scroll.id === 'scroll' && scroll.scrollHeight > before) byId('newer').hidden = false;
}

const lastOf = (scroll) => scroll.querySelector('.message:last-child');
const bottomOf = (scroll) => scroll.scrollHeight - scroll.clientHeight;

/** How far down the end is; what is longer than the place for it (a card, a post-mortem) is read from its beginning. */
function endOf(scroll) {
  const last = lastOf(scroll)?.getBoundingClientRect();
  if (last === undefined || last.height <= scroll.clientHeight) return bottomOf(scroll);
  return Math.min(bottomOf(scroll), scroll.scrollTop + last.top - scroll.getBoundingClientRect().top);
}

export function followMessages() {
  for (const scroll of [byId('scroll'), byId('thread-scroll')]) {
    scroll.addEventListener('scroll', () => {
      const toEnd = endOf(scroll) - scroll.scrollTop;
      if (toEnd > 80) readingBack.add(scroll);
      else readingBack.delete(scroll);
      if (scroll.id === 'scroll' && toEnd <= 80) byId('newer').hidden = true;
    });
    // A keyboard on the screen, a longer hint or a turned phone takes room away from the end.
    new ResizeObserver(() => {
      if (!readingBack.has(scroll)) scroll.scrollTop = endOf(scroll);
    }).observe(scroll);
  }
  byId('newer').addEventListener('click', () => {
    byId('scroll').scrollTop = endOf(byId('scroll'));
    byId('box').focus();
  });
}

function announce(messages) {
  if (messages.length === 0) return;
  byId('announcer').replaceChildren(
    ...messages.map(({ from, text, onlyVisibleToYou }) =>
      h('p', {}, `${from.name}${onlyVisibleToYou ? ', only to you' : ''}: ${text}`),
    ),
  );
}
