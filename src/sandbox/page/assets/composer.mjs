import { avatar } from './avatar.mjs';
import { complete } from './completion.mjs';
import { byId, h } from './dom.mjs';
import { memory, remember } from './memory.mjs';

const HISTORY = 50;
let view;
let choices = [];
let active = -1;
/** How far back in the history; -1 is the line being written. */
let back = -1;
let unsent = '';

/** The box for commands and posts: completion (Tab, arrows), usage of the line, history (arrow up). */
export function startComposer({ say }) {
  const box = byId('box');
  box.addEventListener('input', () => {
    back = -1;
    suggest();
  });
  box.addEventListener('keydown', (event) => {
    const taken = onKey(event);
    if (taken) event.preventDefault();
  });
  box.addEventListener('blur', close);
  box.addEventListener('focus', suggest);
  byId('compose').addEventListener('submit', (event) => {
    event.preventDefault();
    const text = box.value.trim();
    if (active >= 0) choose(choices[active]);
    else if (text !== '') void send(text, say);
  });
}

async function send(text, say) {
  const box = byId('box');
  remember({ history: [text, ...memory.history.filter((line) => line !== text)].slice(0, HISTORY) });
  write('');
  byId('compose').setAttribute('aria-busy', 'true');
  const { problem } = await say(text);
  byId('compose').removeAttribute('aria-busy');
  if (problem !== undefined && box.value === '') write(text);
}

export function drawComposer(newView, name) {
  view = newView;
  const person = view.people.find(({ id }) => id === view.as);
  const box = byId('box');
  box.placeholder = 'Message, or / for commands';
  box.setAttribute('aria-label', `Message or command in ${name} as ${person?.name}`);
  if (person) byId('box-avatar').replaceChildren(avatar(person, view.people));
}

/** Puts a line into the box, ready to be sent. */
export function write(text) {
  const box = byId('box');
  box.value = text;
  back = -1;
  if (document.activeElement === box) suggest();
}

function onKey({ key, altKey, ctrlKey, metaKey, shiftKey, isComposing }) {
  if (altKey || ctrlKey || metaKey || isComposing) return false;
  const open = choices.length > 0;
  if (key === 'ArrowDown' && back >= 0) return recall(back - 1);
  if (key === 'ArrowDown' && open) return activate((active + 1) % choices.length);
  if (key === 'ArrowUp' && active >= 0) return activate(active - 1);
  if (key === 'ArrowUp') return recall(back + 1);
  if (key === 'Tab' && open && !shiftKey) return choose(choices[Math.max(active, 0)]);
  if (key === 'Escape' && open) return close();
  return false;
}

function recall(index) {
  const box = byId('box');
  if (back < 0) unsent = box.value;
  if (index >= memory.history.length) return true;
  back = Math.max(index, -1);
  box.value = back < 0 ? unsent : memory.history[back];
  box.setSelectionRange(box.value.length, box.value.length);
  close();
  return true;
}

function choose(choice) {
  write(choice.line);
  return true;
}

function suggest() {
  const box = byId('box');
  const result = complete(view?.commands ?? [], box.value);
  choices = result.choices;
  drawUsage(result.usage);
  drawChoices();
  activate(-1);
}

function close() {
  choices = [];
  active = -1;
  drawChoices();
  byId('usage').hidden = document.activeElement !== byId('box') || byId('usage').childElementCount === 0;
  return true;
}

function drawChoices() {
  const list = byId('choices');
  list.hidden = choices.length === 0;
  byId('box').setAttribute('aria-expanded', String(choices.length > 0));
  list.replaceChildren(
    ...choices.map((choice, index) =>
      h(
        'div',
        {
          id: `choice-${index}`,
          role: 'option',
          'aria-selected': 'false',
          onmousedown: (event) => {
            event.preventDefault();
            choose(choice);
          },
        },
        h('b', {}, choice.word),
        choice.detail !== undefined && h('span', {}, choice.detail),
      ),
    ),
    h(
      'p',
      { class: 'how', 'aria-hidden': 'true' },
      h('kbd', {}, 'Tab'),
      ' takes the first, ',
      h('kbd', {}, '↓'),
      ' chooses',
    ),
  );
}

function activate(index) {
  active = index;
  const box = byId('box');
  [...byId('choices').querySelectorAll('[role=option]')].forEach((option, at) => {
    option.setAttribute('aria-selected', String(at === index));
    if (at === index) option.scrollIntoView({ block: 'nearest' });
  });
  if (index >= 0) box.setAttribute('aria-activedescendant', `choice-${index}`);
  else box.removeAttribute('aria-activedescendant');
  return true;
}

function drawUsage(usage) {
  const line = byId('usage');
  line.hidden = usage === undefined;
  if (usage === undefined) return line.replaceChildren();
  line.replaceChildren(
    h('code', {}, ...usage.words.flatMap(({ text, now }) => [now ? h('mark', {}, text) : text, ' '])),
    h('span', {}, usage.summary),
  );
}
