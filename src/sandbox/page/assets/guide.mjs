import { byId, h, patch } from './dom.mjs';
import { memory, remember } from './memory.mjs';

const OFFERS = { fire: 'Fire it', advance: 'Move the clock', type: 'Type it for me', show: 'Take me there' };

/** The tour: its steps, ticked off as they happen, and what to do now. */
export function drawGuide(view, { accept }) {
  const guide = byId('guide');
  const current = view.guide.findIndex(({ done }) => !done);
  const finished = current < 0;
  guide.hidden = !memory.tour || view.guide.length === 0;
  byId('tour').setAttribute('aria-pressed', String(memory.tour));
  patch(guide, [
    {
      key: 'steps',
      data: view.guide.map(({ title, done }, index) => [title, done, index === current]),
      build: (steps) => h('ol', { class: 'steps' }, ...steps.map(drawStep)),
    },
    {
      key: 'now',
      data: [current, view.guide[current]],
      build: ([index, step]) =>
        h(
          'div',
          { class: 'now', role: 'status' },
          h(
            'b',
            { class: 'now-title' },
            finished ? 'That was the whole job' : `${index + 1} of ${view.guide.length}  ${step.title}`,
          ),
          h(
            'p',
            {},
            finished
              ? 'From the alert to the post-mortem. Now break something: the Faults panel makes neighbours fail.'
              : step.hint,
          ),
          !finished &&
            step.offer !== undefined &&
            h(
              'button',
              { class: 'primary', 'data-focus': 'offer', onclick: () => accept(step.offer) },
              OFFERS[step.offer.does],
            ),
          h(
            'button',
            { class: 'quiet', 'data-focus': 'hide', onclick: () => showTour(view, { accept }, false) },
            'Hide',
          ),
        ),
    },
  ]);
}

export function showTour(view, actions, shown) {
  remember({ tour: shown });
  drawGuide(view, actions);
  if (!shown) byId('tour').focus();
}

function drawStep([title, done, isCurrent], index) {
  return h(
    'li',
    { 'data-done': done, 'aria-current': isCurrent && 'step', title },
    h('span', { class: 'number', 'aria-hidden': 'true' }, done ? '✓' : String(index + 1)),
    h('span', { class: 'unseen' }, done ? `${title}, done` : title),
  );
}
