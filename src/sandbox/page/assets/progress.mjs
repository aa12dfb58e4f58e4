import { byId } from './dom.mjs';

const LONG_MS = 2000;
const WORDS = {
  advance: 'Moving the clock, and carrying out what is due',
  'advance-to-next-wake': 'Moving the clock, and carrying out what is due',
  'start-over': 'Making a new world',
};

/** Says after two seconds what is being waited for, and for how long; the returned function ends it. */
export function showWaiting(what) {
  const began = performance.now();
  const line = byId('waiting');
  let timer = setTimeout(() => {
    line.replaceChildren(`${WORDS[what] ?? 'Still at it'} …`, document.createElement('span'));
    // Said aloud once, not every second.
    line.lastChild.ariaHidden = 'true';
    line.hidden = false;
    count();
    timer = setInterval(count, 1000);
  }, LONG_MS);

  function count() {
    line.lastChild.textContent = ` ${Math.floor((performance.now() - began) / 1000)} s`;
  }

  return () => {
    clearTimeout(timer);
    line.hidden = true;
  };
}
