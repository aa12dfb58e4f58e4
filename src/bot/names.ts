import type { Policies } from '../core/policies/policies.ts';

/** How people call what Slack calls `C0123`, for words that tell them what to do: `#incidents`, `Ana Ruiz`. */
export function namesOfSlackIds(policies: () => Policies): (id: string) => string {
  return (id) => {
    const { notifications, roster } = policies();
    const conversation = Object.entries(notifications.conversations).find(([, known]) => known === id)?.[0];
    if (conversation !== undefined) return `#${conversation}`;
    return Object.values(roster.people).find(({ slack }) => slack.includes(id))?.name ?? id;
  };
}
