import { h } from './dom.mjs';

/**
 * A button of a panel. Where it can do nothing it stays reachable, and its description says why.
 *
 * @param act what it does; may return a promise, until which it is busy
 */
export function actionButton(text, { label, focus, style, reason, act }) {
  const button = h(
    'button',
    {
      class: style,
      'aria-label': label,
      'aria-disabled': reason !== undefined && 'true',
      'aria-description': reason,
      'data-focus': focus,
      onclick: async () => {
        if (reason !== undefined) return;
        button.setAttribute('aria-busy', 'true');
        await act();
        button.removeAttribute('aria-busy');
      },
    },
    text,
  );
  return button;
}
