// Who may import whom, as rules of the linter: `npm run check:lint` and editors show a breach at its line. The table
// below is the whole policy; a new folder under `src` is refused until it has a row here.
import { dirname, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

const pure = ['zod', 'semver', 'node:crypto'];
const adapter = ['src/core', 'src/trust'];
const everything = ['src', 'commands'];

/** Zone → what it may import besides itself, and which packages (not named: any). */
const zones = {
  commands: { imports: ['src/core'], packages: pure },
  'src/core': { imports: [], packages: pure },
  'src/gates': { imports: ['src/core'], packages: pure },

  'src/engine': { imports: ['src/core', 'src/store/store.ts'] },
  'src/trust': { imports: ['src/core'] },
  'src/config.ts': { imports: [...adapter, 'src/environment.ts', 'src/env-file.ts'] },
  'src/environment.ts': { imports: [...adapter, 'src/env-file.ts'] },
  'src/env-file.ts': { imports: [] },
  'src/bot': { imports: everything },
  'src/policies': { imports: adapter },

  // It looks at everything, with the edges' own eyes.
  'src/doctor': {
    imports: [
      ...adapter,
      'src/config.ts',
      'src/policies',
      'src/store',
      'src/executors',
      'src/slack',
      'src/pagers',
      'src/http/health.ts',
      'src/bot/registry.ts',
      'src/bot/start-failure.ts',
    ],
  },
  // Others copy it out of here.
  'src/client': { imports: [], packages: [] },
  'src/executors': { imports: adapter },
  'src/failpoints': { imports: ['src/core', 'src/store/store.ts'] },
  'src/http': { imports: [...adapter, 'commands'] },
  'src/metrics': { imports: ['src/core', 'src/store/store.ts'] },
  'src/pagers': { imports: adapter },
  'src/slack': { imports: [...adapter, 'commands'] },
  'src/sources': { imports: adapter },
  'src/store': { imports: adapter },
  'src/traces': { imports: [...adapter, 'src/store/store.ts', 'src/engine/inbox.ts', 'src/http/wire.ts'] },

  'src/main.ts': { imports: everything },
  'src/bench': { imports: everything },
  'src/sandbox': { imports: everything },
  'src/simulator': { imports: everything },
  'src/terminal': { imports: everything },
};

const within = (path, folder) => path === folder || path.startsWith(`${folder}/`);

/**
 * @param file the importing file, relative to the project
 * @param specifier what stands in the import; undefined where it is computed at run time
 * @returns what is wrong with it, or nothing
 */
function breach(file, zone, specifier) {
  const { imports, packages } = zones[zone];
  if (specifier === undefined) {
    return imports === everything
      ? undefined
      : `${zone} must not import a computed path: nobody can check it.`;
  }
  if (specifier.startsWith('.')) {
    const target = relative(root, resolve(root, dirname(file), specifier));
    if ([zone, ...imports].some((folder) => within(target, folder))) return undefined;
    return `${zone} must not import ${target}, only itself${imports.map((folder) => `, ${folder}`).join('')}.`;
  }
  if (!packages || packages.some((name) => within(specifier, name))) return undefined;
  return `${zone} must not import ${specifier}, of packages only ${packages.join(', ')}.`;
}

const whoImportsWhom = {
  create(context) {
    const file = relative(root, context.filename);
    const zone = Object.keys(zones).find((folder) => within(file, folder));
    if (!zone) {
      const message = `${file} is in no zone: give its folder a row in test/support/import-rules.mjs.`;
      return { Program: (node) => context.report({ node, message }) };
    }
    const check = ({ source }) => {
      if (!source) return; // an export of something declared in this file
      const message = breach(file, zone, source.value);
      if (message) context.report({ node: source, message });
    };
    return {
      ImportDeclaration: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
      ImportExpression: check,
      TSImportType: check,
    };
  },
};

/** `new Date(at)` reads a given time; `new Date()` and `Date()` read the clock. */
const noCurrentDate = {
  create(context) {
    const check = (node) => {
      if (node.callee.name !== 'Date') return;
      if (node.type === 'NewExpression' && node.arguments.length > 0) return;
      context.report({ node, message: 'The time comes in with the intent (`at`).' });
    };
    return { NewExpression: check, CallExpression: check };
  },
};

export default {
  meta: { name: 'lastgood' },
  rules: { 'who-imports-whom': whoImportsWhom, 'no-current-date': noCurrentDate },
};
