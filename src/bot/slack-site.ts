import type { Log } from '../engine/log.ts';
import type { Workspace } from '../slack/clients.ts';
import type { Store } from '../store/store.ts';

const mark = 'slack-site';

export interface SlackSite {
  /** `https://acme.slack.com/`; undefined before Slack has ever said it. */
  readonly url: () => string | undefined;
  /** Learns it from what Slack says of the workspace, whenever somebody has asked for that. */
  readonly learning: (ask: () => Promise<Workspace>) => () => Promise<Workspace>;
}

/** Where our workspace is. Pages that go out right after a restart, or while Slack is away, need it from before. */
export async function rememberSlackSite(store: Store, log: Log): Promise<SlackSite> {
  let known = await store.readMark(mark);

  async function learn(url: string | undefined): Promise<void> {
    if (url === undefined || url === known) return;
    known = url;
    await store
      .writeMark(mark, url)
      .catch((error: unknown) => log.warn({ error }, 'where Slack is could not be kept for the next start'));
  }

  return {
    url: () => known,
    learning: (ask) => async () => {
      const workspace = await ask();
      await learn(workspace.url);
      return workspace;
    },
  };
}
