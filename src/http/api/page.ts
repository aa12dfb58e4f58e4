import type { Parameter } from './api-route.ts';

/** Which part of a long list. */
export interface Page {
  readonly openOnly: boolean;
  readonly limit: number;
  /** Only what is older than this one. */
  readonly before: string | undefined;
}

const usual = 50;
const most = 200;

export function pageParameters(example: string): readonly Parameter[] {
  return [
    { name: 'open', in: 'query', description: '`true`: only those that are open.', pattern: '^true$' },
    {
      name: 'limit',
      in: 'query',
      description: `At most so many; ${usual} unless told, ${most} at most.`,
      example: usual,
    },
    { name: 'before', in: 'query', description: 'Only older ones: `next` of the page before.', example },
  ];
}

/** A name that means nothing here is a mistake, too: nobody should believe that it was heeded. */
export function readPage(
  query: URLSearchParams,
  prefix: string,
): { readonly page: Page } | { readonly problem: string } {
  const unknown = [...query.keys()].find((name) => !['open', 'limit', 'before'].includes(name));
  if (unknown !== undefined)
    return { problem: `There is no “${unknown.slice(0, 40)}” here, only open, limit and before.` };
  const [open, limit, before] = ['open', 'limit', 'before'].map((name) => query.get(name) ?? undefined);
  if (open !== undefined && open !== 'true')
    return { problem: '“open” takes true; leave it out to see all of them.' };
  const wanted = Number(limit ?? usual);
  if (!/^\d{1,3}$/.test(limit ?? '1') || wanted < 1 || wanted > most)
    return { problem: `“limit” takes a number from 1 to ${most}.` };
  if (before !== undefined && !new RegExp(`^${prefix}-\\d{1,9}$`).test(before))
    return { problem: `“before” takes what “next” said, such as ${prefix}-12.` };
  return { page: { openOnly: open === 'true', limit: wanted, before } };
}
