import { describe, expect, it } from 'vitest';
import { setAsideNotes } from '../../src/bot/backlog.ts';
import { createInbox, NotNow, type InboxReader } from '../../src/engine/inbox.ts';
import { mostInboxBytes, StoreUnavailable, type InboxItem, type Store } from '../../src/store/store.ts';
import { minute, second, start } from '../support/given.ts';
import { openWorkshop, type Workshop } from './workshop.ts';

function item(id: string, source = 'alertmanager'): InboxItem {
  return { id, source, at: start, body: `body of ${id}` };
}

/** An inbox whose readers settle what they read, after `before` has let them. */
function open(
  { store, clock, log }: Workshop,
  before: (item: InboxItem) => Promise<void> = async () => undefined,
  moment?: () => Promise<void>,
) {
  const read: string[] = [];
  const quarantined: string[] = [];
  const reader = (source: string, inOrder: boolean): InboxReader => ({
    source,
    inOrder,
    read: async (each) => {
      await before(each);
      read.push(each.id);
      await store.transact((transaction) => transaction.settleInbox(each.id, 'done'));
    },
  });
  const inbox = createInbox({
    store,
    clock,
    log,
    ...(moment && { moment }),
    readers: [reader('alertmanager', true), reader('slack', false)],
    quarantined: async (each, why) => {
      quarantined.push(`${each.id}: ${why}`);
      await store.transact((transaction) => transaction.settleInbox(each.id, 'quarantined', why));
    },
  });
  const quiet = async (): Promise<void> => {
    for (let work = inbox.working(); work; work = inbox.working()) await work;
  };
  return { inbox, read, quarantined, quiet };
}

describe('what came in', () => {
  it('is read once, however often it is delivered', async () => {
    const workshop = await openWorkshop();
    const { inbox, read, quiet } = open(workshop);
    await inbox.start();
    expect(await inbox.receive(item('a'))).toEqual({ new: true });
    expect(await inbox.receive(item('a'))).toEqual({ new: false });
    await quiet();
    expect(read).toEqual(['a']);
    expect(await workshop.store.unsettledInbox()).toEqual([]);
  });

  it('is read strictly in order, where order matters', async () => {
    const open1 = gate();
    const workshop = await openWorkshop();
    const { inbox, read, quiet } = open(workshop, (each) =>
      each.id === 'a' ? open1.passed : Promise.resolve(),
    );
    await inbox.start();
    for (const id of ['a', 'b', 'c']) await inbox.receive(item(id));
    expect(read).toEqual([]);
    open1.open();
    await quiet();
    expect(read).toEqual(['a', 'b', 'c']);
  });

  it('waits for nobody, where a look-up may take its time', async () => {
    const open1 = gate();
    const workshop = await openWorkshop();
    const { inbox, read, quiet } = open(workshop, (each) =>
      each.id === 'a' ? open1.passed : Promise.resolve(),
    );
    await inbox.start();
    for (const id of ['a', 'b']) await inbox.receive(item(id, 'slack'));
    while (read.length === 0) await new Promise(setImmediate);
    expect(read).toEqual(['b']);
    open1.open();
    await quiet();
    expect(read).toEqual(['b', 'a']);
  });
});

describe('a burst of what is read in any order', () => {
  it('is acknowledged before any of it is begun', async () => {
    const workshop = await openWorkshop();
    const moments: (() => void)[] = [];
    const moment = (): Promise<void> => new Promise((resolve) => moments.push(resolve));
    const { inbox, read, quiet } = open(workshop, undefined, moment);
    await inbox.start();
    await inbox.receive(item('a', 'slack'));
    await inbox.receive(item('b', 'slack'));
    // While the first moment goes by, another one comes in: one more moment, and in that nobody comes.
    moments.shift()?.();
    while (moments.length === 0) await new Promise(setImmediate);
    expect(read).toEqual([]);
    const pass = setInterval(() => moments.shift()?.());
    await quiet();
    clearInterval(pass);
    expect(read).toEqual(['a', 'b']);
  });

  it('is begun all the same when it does not end', async () => {
    const workshop = await openWorkshop();
    const { inbox, read, quiet } = open(workshop, undefined, async () => {
      await workshop.advance(100);
      if (read.length === 0) await inbox.receive(item(`after ${workshop.clock.now()}`, 'slack'));
    });
    await inbox.start();
    await inbox.receive(item('a', 'slack'));
    await quiet();
    expect(read[0]).toBe('a');
  });
});

describe('a storm', () => {
  /** Readers of two sources that share a way to read together, and of one that has none. */
  function openShared({ store, clock, log }: Workshop, bad: readonly string[] = []) {
    const read: string[] = [];
    const quarantined: string[] = [];
    const together = async (items: readonly InboxItem[]): Promise<void> => {
      const inTheWay = items.find(({ id }) => bad.includes(id));
      if (inTheWay) throw new Error(`no alert in ${inTheWay.id}`);
      await store.transact(async (transaction) => {
        for (const { id } of items) await transaction.settleInbox(id, 'done');
      });
      read.push(items.map(({ id }) => id).join(' '));
    };
    const reader = (source: string) => ({
      source,
      inOrder: true,
      read: (each: InboxItem) => together([each]),
    });
    const inbox = createInbox({
      store,
      clock,
      log,
      readers: [
        { ...reader('alertmanager'), readTogether: together },
        { ...reader('grafana'), readTogether: together },
        reader('sentry'),
      ],
      quarantined: async ({ id }, why) => {
        quarantined.push(why);
        await store.transact((transaction) => transaction.settleInbox(id, 'quarantined', why));
      },
    });
    const run = async (...items: readonly InboxItem[]): Promise<void> => {
      for (const each of items) await inbox.receive(each);
      await inbox.start();
      for (let work = inbox.working(); work; work = inbox.working()) await work;
    };
    return { read, quarantined, run };
  }

  it('is read together, as far as it is of sources that share it', async () => {
    const { read, run } = openShared(await openWorkshop());
    await run(
      item('a'),
      item('b', 'grafana'),
      item('c'),
      item('d', 'sentry'),
      item('e', 'sentry'),
      item('f'),
      item('g'),
    );
    expect(read).toEqual(['a b c', 'd', 'e', 'f g']);
  });

  it('is decided in several transactions when it is large: nobody waits for all of it', async () => {
    const { read, run } = openShared(await openWorkshop());
    const large = (id: string): InboxItem => ({ ...item(id), body: 'x'.repeat(100_000) });
    await run(large('a'), large('b'), large('c'), item('d'));
    expect(read).toEqual(['a b', 'c d']);
  });

  it('goes on around what cannot be read: everything in its order, once', async () => {
    const workshop = await openWorkshop();
    const { read, quarantined, run } = openShared(workshop, ['c', 'f']);
    await run(...['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((id) => item(id)));
    expect(read).toEqual(['a b', 'd', 'e', 'g h']);
    expect(quarantined).toEqual(['no alert in c', 'no alert in f']);
    expect(await workshop.store.unsettledInbox()).toEqual([]);
  });
});

describe('what cannot be read', () => {
  it('goes into quarantine, and the next one is read', async () => {
    const workshop = await openWorkshop();
    const { inbox, read, quarantined, quiet } = open(workshop, async ({ id }) => {
      if (id === 'bad') throw new Error('no alert in it');
    });
    await inbox.start();
    await inbox.receive(item('bad'));
    await inbox.receive(item('good'));
    await inbox.receive(item('from', 'nowhere'));
    await quiet();
    expect(read).toEqual(['good']);
    expect(quarantined).toEqual(['bad: no alert in it', 'from: nothing here reads nowhere']);
    expect(await workshop.store.unsettledInbox()).toEqual([]);
  });

  it('nor put into quarantine is told, stands in nobody’s way, and is tried again in its order', async () => {
    const workshop = await openWorkshop();
    let refuses = true;
    const store: Store = {
      ...workshop.store,
      // As PostgreSQL refuses a statement: none of the errors that are known to be an outage.
      transact: (work) =>
        refuses
          ? Promise.reject(new Error('permission denied for table inbox (42501)'))
          : workshop.store.transact(work),
    };
    const { inbox, read, quiet } = open({ ...workshop, store });
    await inbox.start();
    for (const id of ['a', 'b']) await inbox.receive(item(id));
    await inbox.receive(item('c', 'slack'));
    await quiet();
    expect(setAsideNotes(inbox.setAside())).toEqual([
      'What came in cannot be read: 3 wait to be tried again; the log says why',
    ]);

    refuses = false;
    read.length = 0;
    await inbox.receive(item('d'));
    await quiet();
    expect(read).toEqual(['d']);
    await workshop.clock.advance(minute, quiet);
    expect(read.filter((id) => id !== 'c')).toEqual(['d', 'a', 'b']);
    expect(read).toContain('c');
    expect(setAsideNotes(inbox.setAside())).toEqual([]);
    expect(await workshop.store.unsettledInbox()).toEqual([]);
  });

  it('for the moment is read again soon', async () => {
    const workshop = await openWorkshop();
    let away = true;
    const { inbox, read, quarantined, quiet } = open(workshop, async () => {
      if (away) throw new NotNow('Slack does not answer');
    });
    await inbox.start();
    await inbox.receive(item('a', 'slack'));
    await quiet();
    expect(read).toEqual([]);
    away = false;
    await workshop.clock.advance(minute, quiet);
    expect({ read, quarantined }).toEqual({ read: ['a'], quarantined: [] });
  });
});

describe('after a restart', () => {
  it('is looked for once in a while when the store is away, however often somebody asks', async () => {
    let looks = 0;
    const away = (): Promise<never> => {
      looks += 1;
      return Promise.reject(new StoreUnavailable('the database does not answer'));
    };
    const look: (() => void)[] = [];
    const workshop = await openWorkshop();
    const { store, advance } = workshop;
    const watch: Store['watch'] = (each) => void look.push(each);
    const { inbox, quiet } = open({
      ...workshop,
      store: { ...store, inboxInOrder: away, adoptInbox: away, watch },
    });
    await inbox.start();
    for (let poll = 0; poll < 30; poll += 1) {
      for (const each of look) each();
      await quiet();
      await advance(second);
    }
    looks = 0;
    await advance(minute);
    await quiet();
    expect(looks, 'two kinds of item, every three seconds').toBe(40);
  });

  it('however large what was accepted is, it is read in parts, each once; what waits stands in nobody’s way', async () => {
    const workshop = await openWorkshop();
    const parts: string[] = [];
    const noted = async (some: Promise<readonly InboxItem[]>): Promise<readonly InboxItem[]> => {
      parts.push((await some).map(({ id }) => id).join(' '));
      return some;
    };
    const { inboxInOrder, adoptInbox } = workshop.store;
    const store: Store = {
      ...workshop.store,
      inboxInOrder: (...asked) => noted(inboxInOrder(...asked)),
      adoptInbox: (...asked) => noted(adoptInbox(...asked)),
    };
    const large = 'x'.repeat(mostInboxBytes / 2);
    for (const id of ['a', 'b', 'c']) await store.receive({ ...item(id), body: large });
    for (const id of ['d', 'e', 'f']) await store.receive({ ...item(id, 'slack'), body: large });
    const { inbox, read, quiet } = open({ ...workshop, store }, async ({ id }) => {
      if (id === 'd') throw new NotNow('Slack does not answer');
    });

    await inbox.start();
    await quiet();

    expect(parts.toSorted()).toEqual(['a b', 'c', 'd e', 'f']);
    expect(read.toSorted()).toEqual(['a', 'b', 'c', 'e', 'f']);
  });

  it('what was accepted and not finished is read first, and nothing twice', async () => {
    const before = await openWorkshop();
    const first = open(before);
    await first.inbox.start();
    await first.inbox.receive(item('a'));
    await first.quiet();
    await first.inbox.stop();
    for (const id of ['b', 'c']) await first.inbox.receive(item(id));
    expect(first.read).toEqual(['a']);

    const after = await before.crash(minute);
    const second = open(after);
    await second.inbox.receive(item('d'));
    await second.quiet();
    expect(second.read, 'nobody overtakes what waits').toEqual([]);
    await second.inbox.start();
    await second.inbox.receive(item('e'));
    await second.quiet();
    expect(second.read).toEqual(['b', 'c', 'd', 'e']);
  });
});

function gate() {
  let open: () => void = () => undefined;
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open: () => open() };
}
