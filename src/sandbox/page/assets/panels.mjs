import { apiItems } from './api-items.mjs';
import { channelItems } from './channel-items.mjs';
import { byId, h, patch } from './dom.mjs';
import { memory, remember } from './memory.mjs';
import { deployItems, faultItems, mailItems, pageItems } from './panel-items.mjs';

const PANELS = [
  { id: 'chat', title: 'Chat', narrowOnly: true },
  {
    id: 'channels',
    title: 'Channels',
    build: channelItems,
    size: (view) => view.channels.flatMap(({ history, drifts }) => [...history, ...drifts]).length,
  },
  {
    id: 'pager',
    title: 'Pager',
    build: pageItems,
    size: (view) => view.pages.flatMap(({ history }) => history).length,
  },
  { id: 'mail', title: 'Mail', build: mailItems, size: (view) => view.mails.length },
  {
    id: 'deploys',
    title: 'Deploys',
    build: deployItems,
    size: (view) => view.runs.length + view.releases.filter(({ status }) => status === 'archived').length,
  },
  { id: 'faults', title: 'Faults', build: faultItems, size: () => 0 },
  { id: 'api', title: 'API', build: apiItems, size: () => 0 },
];

const narrow = matchMedia('(width < 1100px)');
/** How much of each panel was there when it was last open. */
const seen = new Map();
let latest;

/**
 * Everything beside the conversation, as tabs: at a phone's width the conversation is one of them.
 *
 * @param problem why the last wish was not granted; beside the conversation it is said there
 */
export function drawPanels(view, actions, problem) {
  latest = { view, actions, problem };
  const chat = document.body.dataset.shows === 'chat';
  const open = PANELS.find(({ id }) => id === memory.tab && id !== 'chat') ?? PANELS[1];
  const selected = narrow.matches && chat ? 'chat' : open.id;
  for (const { id, size } of PANELS)
    if (size !== undefined && (id === selected || !(seen.get(id) <= size(view)))) seen.set(id, size(view));
  patch(
    byId('tabs'),
    PANELS.filter(({ narrowOnly }) => !narrowOnly || narrow.matches).map(({ id, title, size }) => ({
      key: id,
      data: [title, id === selected, size !== undefined && size(view) > seen.get(id)],
      build: ([text, isSelected, isNew]) =>
        h(
          'button',
          {
            id: `tab-${id}`,
            role: 'tab',
            'aria-selected': String(isSelected),
            'aria-controls': id === 'chat' ? 'chat' : 'panel',
            tabindex: isSelected ? '0' : '-1',
            'data-focus': id,
            'data-new': isNew,
            onclick: () => choosePanel(id),
            onkeydown: moveBetweenTabs,
          },
          text,
          isNew && h('span', { class: 'unseen' }, ', something new'),
        ),
    })),
  );
  const panel = byId('panel');
  panel.setAttribute('aria-labelledby', `tab-${open.id}`);
  if (panel.dataset.of !== open.id) {
    // What has the same key in another panel is something else.
    panel.replaceChildren();
    panel.scrollTop = 0;
  }
  panel.dataset.of = open.id;
  const told = {
    key: 'problem',
    data: problem,
    build: (text) => h('p', { class: 'problem', role: 'alert' }, text),
  };
  patch(panel, [...(narrow.matches && problem !== undefined ? [told] : []), ...open.build(view, actions)]);
}

export function choosePanel(id) {
  document.body.dataset.shows = id === 'chat' ? 'chat' : 'panel';
  if (id !== 'chat') remember({ tab: id });
  drawPanels(latest.view, latest.actions, latest.problem);
}

narrow.addEventListener('change', () => {
  if (latest !== undefined) drawPanels(latest.view, latest.actions, latest.problem);
});

function moveBetweenTabs(event) {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (step === undefined) return;
  const tabs = [...byId('tabs').children];
  const next = tabs[(tabs.indexOf(event.currentTarget) + step + tabs.length) % tabs.length];
  next.focus();
  next.click();
}
