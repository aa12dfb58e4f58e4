/** What of a step is about the id that the deploy tool gives what it began. */
interface Followed {
  readonly capture?: { readonly run: string } | undefined;
  readonly lookup?: { readonly url: string } | undefined;
  readonly check?: { readonly url: string } | undefined;
  readonly cancel?: { readonly url: string } | undefined;
}

/** Fills in the id of what was begun. It goes into one place of a path or query, and never leads elsewhere. */
export function withRun(url: string, run: string | undefined): string {
  return run === undefined
    ? url
    : url.replace(/\{\{\s*run\s*\|\s*url\s*\}\}/g, () => encodeURIComponent(run));
}

/** @returns undefined for what is no id: `..` would lead elsewhere, and half a character cannot be sent. */
export function readRun(value: unknown): string | undefined {
  const id = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value;
  return typeof id === 'string' && /^(?!\.{1,2}$)[^\p{Cc}\p{Cs}]{1,200}$/u.test(id) ? id : undefined;
}

/** What a policy has mistaken about it. */
export function mistakesAboutRun(
  step: Followed,
): readonly { readonly key: string; readonly message: string }[] {
  const { capture, lookup, check, cancel } = step;
  const mistakes: { readonly key: string; readonly message: string }[] = [];
  const wrong = (key: string, message: string): void => void mistakes.push({ key, message });
  if (capture && !(check && namesRun(check.url)))
    wrong('capture', 'expected check beside it, with {{run|url}} in its url: that is what its id is for');
  if (lookup && !capture) wrong('lookup', 'expected capture beside it: that is what it stands in for');
  if (lookup && !/\{\{\s*correlation\s*\|\s*url\s*\}\}/.test(lookup.url))
    wrong(
      'lookup',
      'expected {{correlation|url}} in its url: what somebody else began would be taken for ours',
    );
  for (const [key, value] of Object.entries(step)) {
    const isFollowing = value === check || value === cancel;
    if (isFollowing && value && namesRun((value as { readonly url: string }).url) && !capture)
      wrong(key, 'expected capture beside {{run|url}}: it says where the answer has it');
    const rest: unknown = isFollowing && value ? { ...(value as object), url: '' } : value;
    if (namesRun(JSON.stringify(rest ?? '')))
      wrong(key, 'expected {{run|url}} in the url of check or cancel, and nowhere else');
  }
  return mistakes;
}

/** Whether it asks for the id that the deploy tool gives. */
export function namesRun(template: string): boolean {
  return /\{\{\s*run\s*(?:\|\s*url\s*)?\}\}/.test(template);
}
