/**
 * Links to a message of the workspace, which Slack would open in place: here they lead to its conversation.
 * @param {(id: string) => boolean} knows
 */
export function followArchiveLinks(knows, goTo) {
  document.addEventListener('click', (event) => {
    const href = event.target.closest?.('a')?.href ?? '';
    const id = /^https:\/\/[\w-]+\.slack\.com\/archives\/(\w+)/.exec(href)?.[1];
    if (id === undefined || !knows(id)) return;
    event.preventDefault();
    goTo({ conversation: id }, { closeRail: true });
  });
}
