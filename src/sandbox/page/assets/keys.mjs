import { byId } from './dom.mjs';
import { showHelp } from './dialogs.mjs';
import { memory, remember } from './memory.mjs';

const KEYS = [
  { keys: ['/'], does: 'Begin a command' },
  { keys: ['↑', '↓'], does: 'Earlier lines, or the completions, in the box' },
  { keys: ['Tab'], does: 'Take a completion' },
  { keys: ['Alt', '1 … 5'], does: 'Be another person' },
  { keys: ['Alt', '↑ ↓'], does: 'The conversation above or below' },
  { keys: ['F6'], does: 'From one part of the page to the next' },
  { keys: ['Esc'], does: 'Close the thread, a menu, a dialog' },
  { keys: ['?'], does: 'These keys' },
];

export function startKeys({ bePerson, moveConversation, escape }) {
  document.addEventListener('keydown', (event) => {
    if (document.querySelector('dialog[open]')) return;
    const { key, code, altKey, ctrlKey, metaKey } = event;
    const typing = event.target.matches('input[type=text]');
    const digit = /^Digit([1-9])$/.exec(code)?.[1];
    const taken =
      altKey && !ctrlKey && digit !== undefined
        ? bePerson(Number(digit) - 1)
        : altKey && !ctrlKey && (key === 'ArrowUp' || key === 'ArrowDown')
          ? moveConversation(key === 'ArrowUp' ? -1 : 1)
          : key === 'F6'
            ? nextPart(event.shiftKey ? -1 : 1)
            : key === 'Escape'
              ? escape()
              : !typing && !altKey && !ctrlKey && !metaKey && memory.singleKeys && singleKey(key);
    if (taken) event.preventDefault();
  });
  byId('keys').addEventListener('click', () => showHelp(KEYS));
  const single = byId('single-keys');
  single.checked = memory.singleKeys;
  single.addEventListener('change', () => remember({ singleKeys: single.checked }));
}

function singleKey(key) {
  if (key === '?') showHelp(KEYS);
  else if (key === '/') {
    const box = byId('box');
    document.body.dataset.shows = 'chat';
    if (byId('compose').hidden) {
      byId('report-what').focus();
      return true;
    }
    box.focus();
    if (box.value === '') box.value = '/';
    box.dispatchEvent(new Event('input'));
  } else return false;
  return true;
}

function nextPart(direction) {
  const parts = ['rail', 'scroll', 'box', 'report-what', 'tabs', 'panel', 'thread']
    .map(byId)
    .filter((part) => part.checkVisibility());
  const at = parts.findIndex((part) => part.contains(document.activeElement));
  const part = parts[(at + direction + parts.length) % parts.length];
  const target = part.matches('.tabs') ? part.querySelector('[aria-selected=true]') : part;
  target.focus();
  return true;
}
