import type { Route, WireRequest, WireResponse } from './wire.ts';

export type Found =
  { readonly route: Route; readonly params: WireRequest['params'] } | { readonly refused: WireResponse };

/** The route that takes a request; or a 404, or a 405 that says which methods there are. */
export function findRoute(routes: readonly Route[], method: string, path: string): Found {
  // Nearly everything that comes is of this kind, and in a storm there is much of it.
  const exact = routes.find((route) => route.path === path && route.method === method);
  if (exact && !/[{*]/.test(path)) return { route: exact, params: {} };
  const here = routes.flatMap((route) => {
    const params = paramsOf(route.path, path);
    return params ? [{ route, params }] : [];
  });
  const found = here.find(({ route }) => route.method === method);
  if (found) return found;
  const where = path.slice(0, 200);
  if (here.length === 0)
    return { refused: { status: 404, json: { error: `There is nothing at ${where}.` } } };
  const allow = [...new Set(here.map(({ route }) => route.method))].join(', ');
  const error = `${where} takes ${allow}, not ${method}.`;
  return { refused: { status: 405, json: { error }, headers: { allow } } };
}

/** @returns undefined when the path is another one. A part that cannot be decoded fits nowhere. */
function paramsOf(pattern: string, path: string): WireRequest['params'] | undefined {
  if (pattern.endsWith('/*')) return path.startsWith(pattern.slice(0, -1)) ? {} : undefined;
  const [wanted, given] = [pattern.split('/'), path.split('/')];
  if (wanted.length !== given.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const name = /^\{(\w+)\}$/.exec(part)?.[1];
    const typed = given[index] ?? '';
    if (name === undefined) {
      if (part !== typed) return undefined;
      continue;
    }
    const value = decoded(typed);
    if (value === undefined || value === '') return undefined;
    params[name] = value;
  }
  return params;
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    // A stray `%` is no encoding of anything.
    return undefined;
  }
}
