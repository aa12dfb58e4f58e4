const KEY = 'lastgood-sandbox';

function read() {
  try {
    return JSON.parse(localStorage.getItem(KEY)) ?? {};
  } catch {
    return {};
  }
}

/** What this browser remembers from one visit to the next. */
export const memory = {
  tab: 'channels',
  theme: 'system',
  tour: true,
  singleKeys: true,
  history: [],
  read: {},
  ...read(),
};

export function remember(change) {
  Object.assign(memory, change);
  localStorage.setItem(KEY, JSON.stringify(memory));
}
