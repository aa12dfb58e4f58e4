import { byId } from './dom.mjs';

let source;

/** Receives a view of one conversation for one person after every change, until another is watched. */
export function watch({ as, conversation }, show) {
  source?.close();
  const query = new URLSearchParams();
  if (as) query.set('as', as);
  if (conversation) query.set('conversation', conversation);
  source = new EventSource(`/sandbox/view?${query}`);
  source.addEventListener('message', ({ data }) => show(JSON.parse(data)));
  source.addEventListener('open', () => {
    byId('lost').hidden = true;
  });
  source.addEventListener('error', () => {
    byId('lost').hidden = false;
  });
}

/**
 * Asks the sandbox for something.
 *
 * @returns `problem`: what stood in the way, in words for the visitor, undefined when it was done; `said`: what came of
 *   it, where there is more to say
 */
export async function wish(asked) {
  try {
    const response = await fetch('/sandbox/do', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(asked),
    });
    return await response.json();
  } catch {
    return { problem: 'The sandbox does not answer.' };
  }
}
