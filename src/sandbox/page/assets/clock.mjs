import { byId, h, patch } from './dom.mjs';
import { countdownOf, preciseTimeOf, shortDayOf } from './format.mjs';

let clock;
let received = 0;

/** The sandbox's time now; between two views it runs as fast as ours. */
export const sandboxNow = () => (clock?.now ?? Date.now()) + (performance.now() - received);

export function startClock({ ask }) {
  for (const button of document.querySelectorAll('[data-minutes]'))
    button.addEventListener('click', () =>
      ask({ do: 'advance', milliseconds: Number(button.dataset.minutes) * 60_000 }),
    );
  byId('next').addEventListener('click', () => {
    if (clock?.nextWake !== undefined) ask({ do: 'advance-to-next-wake' });
  });
  setInterval(tick, 500);
}

export function drawClock(view) {
  clock = view.clock;
  received = performance.now();
  byId('next').setAttribute('aria-disabled', String(clock.nextWake === undefined));
  tick();
}

function tick() {
  if (clock === undefined) return;
  const now = sandboxNow();
  const time = byId('time');
  time.textContent = preciseTimeOf(now);
  time.dateTime = new Date(now).toISOString();
  byId('date').textContent = shortDayOf(now);
  const next = clock.nextWake;
  byId('next-what').textContent =
    next === undefined ? ': nothing waits' : ` in ${countdownOf(next.at - now)}: ${next.what}`;
}

/** The menu of alerts. */
export function drawAlerts(view, { ask }) {
  patch(
    byId('alerts'),
    view.alerts.map((alert) => ({
      key: alert.name,
      data: alert,
      build: ({ name, title, summary, severity }) =>
        h(
          'button',
          {
            'data-severity': severity,
            onclick: () => {
              byId('alerts').hidePopover();
              ask({ do: 'fire', alert: name });
            },
          },
          severity ? h('span', { class: 'severity' }, severity) : h('span', { class: 'severity' }, '✓'),
          h('b', {}, title),
          h('span', {}, summary),
        ),
    })),
  );
}
