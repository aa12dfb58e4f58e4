import type { Milliseconds } from '../core/time.ts';

/** What is to happen, and when: the only thing that makes time pass. Times count from the beginning, and never go back. */
export interface Agenda {
  readonly now: () => Milliseconds;
  /** Returns how to call it off. */
  readonly after: (length: Milliseconds, happen: () => void) => () => void;
  /** When the next thing happens; undefined when nothing will. */
  readonly next: () => Milliseconds | undefined;
  /** Makes the next thing happen. Of two at the same moment, the one that was planned first. */
  readonly step: () => void;
}

interface Item {
  readonly at: Milliseconds;
  readonly place: number;
  happen: (() => void) | undefined;
}

export function createAgenda(): Agenda {
  /** A heap: the first is the next. */
  const heap: Item[] = [];
  let time = 0;
  let places = 0;

  const isBefore = (a: Item, b: Item): boolean => a.at < b.at || (a.at === b.at && a.place < b.place);

  function swap(a: number, b: number): void {
    const [one, other] = [heap[a], heap[b]];
    if (!one || !other) return;
    heap[a] = other;
    heap[b] = one;
  }

  function add(item: Item): void {
    let place = heap.push(item) - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = heap[parent];
      if (!above || !isBefore(item, above)) return;
      swap(place, parent);
      place = parent;
    }
  }

  function take(): Item | undefined {
    const [first] = heap;
    const last = heap.pop();
    if (!first || !last || heap.length === 0) return first;
    heap[0] = last;
    for (let place = 0; ;) {
      const children = [2 * place + 1, 2 * place + 2].filter((child) => child < heap.length);
      const least = children.reduce((best, child) => {
        const [a, b] = [heap[child], heap[best]];
        return a && b && isBefore(a, b) ? child : best;
      }, place);
      if (least === place) return first;
      swap(place, least);
      place = least;
    }
  }

  /** What was called off is forgotten when its turn comes. */
  function tidy(): Item | undefined {
    while (heap[0] && !heap[0].happen) take();
    return heap[0];
  }

  return {
    now: () => time,
    after: (length, happen) => {
      const item: Item = { at: time + Math.max(0, Math.ceil(length)), place: (places += 1), happen };
      add(item);
      return () => {
        item.happen = undefined;
      };
    },
    next: () => tidy()?.at,
    step: () => {
      const item = tidy() && take();
      if (!item) return;
      time = item.at;
      item.happen?.();
    },
  };
}
