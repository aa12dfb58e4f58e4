import { byId } from './dom.mjs';
import { memory, remember } from './memory.mjs';

const THEMES = ['system', 'light', 'dark'];

export function startTheme() {
  apply();
  byId('theme').addEventListener('click', () => {
    remember({ theme: THEMES[(THEMES.indexOf(memory.theme) + 1) % THEMES.length] });
    apply();
  });
}

function apply() {
  document.documentElement.dataset.theme = memory.theme;
  byId('theme').textContent = `Theme: ${memory.theme}`;
}
