import { z } from 'zod';

/** Where copies of heads are kept, out of reach of whoever can change the store. */
export type AnchorPlace =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'github'; readonly owner: string; readonly repo: string }
  | { readonly kind: 'mail'; readonly to: string };

/** `AUDIT_ANCHORS`: any number of places, with commas between them. */
export const anchorPlaces = z.string().transform((value, context): readonly AnchorPlace[] => {
  const places = value.split(',').map((each) => readPlace(each.trim()));
  if (places.every((place) => place !== undefined)) return places;
  context.addIssue({
    code: 'custom',
    message: 'is no list of files, github:owner/repository and mailto:address, with commas between them',
  });
  return z.NEVER;
});

function readPlace(written: string): AnchorPlace | undefined {
  const [, scheme, rest = ''] = /^(github|mailto):(.*)$/.exec(written) ?? [];
  if (scheme === 'mailto') return /^[^\s<>@]+@[^\s<>@]+$/.test(rest) ? { kind: 'mail', to: rest } : undefined;
  if (scheme === undefined) return written === '' ? undefined : { kind: 'file', path: written };
  const [, owner, repo] = /^([\w-]+)\/([\w.-]+)$/.exec(rest) ?? [];
  return owner !== undefined && repo !== undefined ? { kind: 'github', owner, repo } : undefined;
}
