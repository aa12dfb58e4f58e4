import { byId, h } from './dom.mjs';

/** Asks with the words of a button's confirm object; resolves to whether the answer was yes. */
export function confirm({ title, html, confirm: yes, deny, danger }) {
  const dialog = byId('confirm');
  byId('confirm-title').textContent = title;
  byId('confirm-text').innerHTML = html;
  byId('confirm-yes').textContent = yes;
  byId('confirm-yes').className = danger ? 'danger' : 'primary';
  byId('confirm-no').textContent = deny;
  dialog.returnValue = 'no';
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true });
  });
}

export function showHelp(keys) {
  byId('help-keys').replaceChildren(
    ...keys.map(({ keys: combination, does }) =>
      h(
        'div',
        {},
        h('dt', {}, ...combination.flatMap((key, index) => [index > 0 && ' ', h('kbd', {}, key)])),
        h('dd', {}, does),
      ),
    ),
  );
  byId('help').showModal();
}
