/** The element with this id; the page's own HTML guarantees that it is there. */
export const byId = (id) => document.getElementById(id);

/**
 * Makes an element. Attributes that are `false` or undefined are left out, `true` stands without a value, functions
 * are listeners by their event's name (`onclick`).
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== false && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== undefined && child !== false));
  return element;
}

const drawnAs = new WeakMap();

/**
 * Makes the children of `list` those of `items`, in order. An item is rebuilt only when its `data` changed, so that the
 * focus, open details and selections of all others stay; where the focused one was rebuilt, its twin (by `data-focus`)
 * gets the focus.
 *
 * @param items `[{ key, data, build }]`
 */
export function patch(list, items) {
  const old = new Map([...list.children].map((child) => [drawnAs.get(child)?.key, child]));
  const focused = list.contains(document.activeElement) ? document.activeElement : undefined;
  const children = items.map(({ key, data, build }) => {
    const signature = JSON.stringify(data);
    const present = old.get(key);
    if (present !== undefined && drawnAs.get(present).signature === signature) return present;
    const made = build(data);
    drawnAs.set(made, { key, signature });
    if (present?.open !== undefined) made.open = present.open;
    return made;
  });
  children.forEach((child, index) => {
    const there = list.children[index];
    if (there !== child) list.insertBefore(child, there ?? null);
  });
  while (list.children.length > children.length) list.lastElementChild.remove();
  if (focused !== undefined && !list.contains(focused)) {
    const key = focused.dataset.focus;
    const twin = key && [...list.querySelectorAll('[data-focus]')].find((one) => one.dataset.focus === key);
    if (twin) twin.focus();
  }
}

/** The product's mark, as the header of the page draws it. */
export const mark = () => document.querySelector('.brand .mark').cloneNode(true);
