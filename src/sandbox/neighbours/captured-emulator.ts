import { AsyncLocalStorage } from 'node:async_hooks';
import { readFile } from 'node:fs/promises';
import { createEmulator } from 'emulate';
import type { EmulatorContext, SeedConfig } from 'emulate';

export type App = EmulatorContext<object>['app'];
export type Stored<Row> = Row & {
  readonly id: number;
  readonly created_at: string;
  readonly updated_at: string;
};

/** A table of an emulator's store, as far as we use it. */
export interface Table<Row> {
  insert(row: Row): Stored<Row>;
  get(id: number): Stored<Row> | undefined;
  update(id: number, change: Partial<Row>): Stored<Row> | undefined;
  delete(id: number): boolean;
  all(): Stored<Row>[];
}

interface Store {
  collection(name: string, indexes?: readonly string[]): Table<object>;
}

interface Plugin {
  register(app: App, store: Store, ...rest: readonly unknown[]): void;
}

export interface CaptureOptions {
  readonly port?: number | undefined;
  readonly now: () => Date;
  readonly seed: SeedConfig;
  /** Called for every row before it is stored; what it returns is stored instead. */
  readonly rewrite?: (table: string, row: object) => object;
  /** Called after every row that was inserted, changed or deleted. */
  readonly changed: () => void;
  /** Stands before every request. */
  readonly intercept: (
    request: Request,
    proceed: (request: Request) => Promise<Response>,
  ) => Promise<Response>;
}

export interface CapturedEmulator {
  readonly url: string;
  table<Row extends object>(name: string): Table<Row>;
  close(): Promise<void>;
}

/**
 * One of emulate's services with its store in our hands, kept by our clock, and with a place for our own answers in
 * front of it. emulate offers none of this, so its plugin is caught while it registers itself; the version is pinned,
 * and a move of these internals is an error here rather than a surprise later.
 */
export async function startCaptured(
  service: 'slack' | 'github',
  options: CaptureOptions,
): Promise<CapturedEmulator> {
  await capturePlugin(service);
  let store: Store | undefined;
  const register = (app: App, registered: Store): void => {
    store = registered;
    watchTables(registered, options);
    const proceed = app.fetch;
    app.fetch = (request) => options.intercept(request, proceed);
  };
  const emulator = await capturing.run(register, () =>
    createEmulator({ service, port: options.port ?? 0, seed: options.seed }),
  );
  if (store === undefined) {
    await emulator.close();
    throw new Error(
      `emulate did not register its ${service} service where we wait for it; is it still 0.12.2?`,
    );
  }
  const captured = store;
  return {
    url: `http://127.0.0.1:${new URL(emulator.url).port}`,
    table: <Row extends object>(name: string) => captured.collection(name) as Table<Row>,
    close: () => emulator.close(),
  };
}

const capturing = new AsyncLocalStorage<(app: App, store: Store) => void>();
const captured = new Map<string, Promise<void>>();

/** Once a process, and everybody waits until it is done. */
function capturePlugin(service: string): Promise<void> {
  const begun = captured.get(service) ?? catchPlugin(service);
  captured.set(service, begun);
  return begun;
}

async function catchPlugin(service: string): Promise<void> {
  const entry = import.meta.resolve('emulate');
  const source = await readFile(new URL(entry), 'utf8');
  // The registry in emulate's entry names the hashed file of each service beside the plugin that it takes from it.
  const file = new RegExp(
    `import\\("(\\./dist-\\w+\\.js)"\\);\\s*return \\{\\s*plugin: mod\\.${service}Plugin`,
  ).exec(source)?.[1];
  if (file === undefined) throw new Error(`emulate no longer loads its ${service} plugin as 0.12.2 does`);
  const module = (await import(new URL(file, entry).href)) as Record<string, Plugin>;
  const plugin = module[`${service}Plugin`];
  if (plugin === undefined) throw new Error(`emulate's ${file} has no ${service}Plugin`);
  const register = plugin.register.bind(plugin);
  plugin.register = (app, store, ...rest) => {
    capturing.getStore()?.(app, store);
    register(app, store, ...rest);
  };
}

function watchTables(store: Store, options: CaptureOptions): void {
  const open = store.collection.bind(store);
  const watched = new WeakSet<object>();
  store.collection = (name, indexes) => {
    const table = open(name, indexes);
    if (watched.has(table)) return table;
    watched.add(table);
    const insert = table.insert.bind(table);
    const update = table.update.bind(table);
    const remove = table.delete.bind(table);
    const rewrite = (row: object): object => options.rewrite?.(name, row) ?? row;
    // emulate stamps rows with the machine's clock and hands out the stored row itself, so the stamp can be put right.
    table.insert = (row) => {
      const at = options.now().toISOString();
      const stored = Object.assign(insert(rewrite(row)), { created_at: at, updated_at: at });
      options.changed();
      return stored;
    };
    table.update = (id, change) => {
      const stored = update(id, rewrite(change));
      if (stored !== undefined) Object.assign(stored, { updated_at: options.now().toISOString() });
      options.changed();
      return stored;
    };
    table.delete = (id) => {
      const deleted = remove(id);
      options.changed();
      return deleted;
    };
    return table;
  };
}
