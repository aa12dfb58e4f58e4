import { byId, h, patch } from './dom.mjs';
import { memory, remember } from './memory.mjs';

const OFFERS = {
  fire: 'Fire it',
  advance: 'Move the clock',
  type: 'Type it for me',
  show: 'Take me there',
  report: 'Fill it in for me',
};
/** What is left to do once it stands there. */
const READY = { type: 'Send it', report: 'Report it' };
/** The name of the tour that the visitor went on to. */
let chosen;
let latest;

/** The tours: one at a time, its steps ticked off as they happen, and what to do now. */
export function drawGuide(view, { accept, isReady }) {
  latest = { view, actions: { accept, isReady } };
  const guide = byId('guide');
  guide.hidden = !memory.tour;
  byId('tour').setAttribute('aria-pressed', String(memory.tour));
  const tour = tourOf(view.tours);
  const current = tour.steps.findIndex(({ done }) => !done);
  const step = tour.steps[current];
  const ready = step?.offer !== undefined && isReady(step.offer);
  const next = view.tours.find((each) => !isOver(each));
  patch(guide, [
    {
      key: 'steps',
      data: tour.steps.map(({ title, done }, index) => [title, done, index === current]),
      build: (steps) => h('ol', { class: 'steps' }, ...steps.map(drawStep)),
    },
    {
      key: 'now',
      data: [tour.name, tour.steps.length, current, step, ready, next?.name],
      build: () =>
        h(
          'div',
          { class: 'now', role: 'status' },
          h(
            'b',
            { class: 'now-title' },
            step ? `${current + 1} of ${tour.steps.length}  ${step.title}` : tour.end.title,
          ),
          h('p', {}, step ? step.hint : tour.end.hint),
          step?.offer !== undefined &&
            h(
              'button',
              { class: 'primary', 'data-focus': 'offer', onclick: () => accept(step.offer) },
              (ready ? READY : OFFERS)[step.offer.does],
            ),
          step === undefined &&
            next !== undefined &&
            h(
              'button',
              { class: 'primary', 'data-focus': 'offer', onclick: () => goOn(next.name) },
              `Then: ${next.name}`,
            ),
          h('button', { class: 'quiet', 'data-focus': 'hide', onclick: () => showTour(false) }, 'Hide'),
        ),
    },
  ]);
}

function goOn(name) {
  chosen = name;
  redrawGuide();
}

/** What is typed or filled in changes what is left to do. */
export function redrawGuide() {
  if (latest !== undefined) drawGuide(latest.view, latest.actions);
}

export function showTour(shown) {
  remember({ tour: shown });
  redrawGuide();
  if (!shown) byId('tour').focus();
}

const isOver = ({ steps }) => steps.every(({ done }) => done);

/** After a reload, the one that is under way; in a new world, the first. */
function tourOf(tours) {
  const begun = tours.filter(({ steps }) => steps.some(({ done }) => done));
  if (begun.length === 0) chosen = undefined;
  return (
    tours.find(({ name }) => name === chosen) ??
    (isOver(tours[0]) ? (begun.find((tour) => !isOver(tour)) ?? begun.at(-1)) : tours[0])
  );
}

function drawStep([title, done, isCurrent], index) {
  return h(
    'li',
    { 'data-done': done, 'aria-current': isCurrent && 'step', title },
    h('span', { class: 'number', 'aria-hidden': 'true' }, done ? '✓' : String(index + 1)),
    h('span', { class: 'unseen' }, done ? `${title}, done` : title),
  );
}
