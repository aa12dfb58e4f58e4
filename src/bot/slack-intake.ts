import type { SlackIntake } from '../config.ts';
import { sayDuration, type Milliseconds } from '../core/time.ts';
import { slackRoute } from '../http/slack.ts';
import type { Route } from '../http/wire.ts';
import { slackOverHttp } from '../slack/http-intake.ts';
import type { Receive } from '../slack/item.ts';
import { requestTally } from '../slack/request-tally.ts';
import type { SocketAccess } from '../slack/socket-connection.ts';
import { slackOverSocket } from '../slack/socket-mode.ts';

/** Slack renews connections now and then; a moment without one is nothing to report. */
const worthSaying: Milliseconds = 60_000;

/** Whichever way what people do in Slack comes in: requests to a route, or a socket that we hold open. */
export function slackIntake(
  options: Omit<SocketAccess, 'appToken'> &
    SlackIntake & { readonly random: () => number; readonly receive: Receive },
): {
  readonly routes: readonly Route[];
  readonly start: () => void;
  readonly stop: () => Promise<void>;
  /** What whoever looks after the bot should know; nothing when all is well. */
  readonly notes: () => readonly string[];
} {
  const { appToken, signingSecret, clock } = options;
  if (!appToken) {
    const tally = requestTally();
    const routes = [slackRoute(slackOverHttp({ ...options, signingSecret, tally, now: clock.now }))];
    const notes = () => [tally.note(clock.now())].filter((note) => note !== undefined);
    return { routes, start: () => undefined, stop: () => Promise.resolve(), notes };
  }
  const socket = slackOverSocket({ ...options, appToken });
  return {
    routes: [],
    start: socket.start,
    stop: socket.stop,
    notes: () => {
      const since = socket.downSince();
      const length = since === undefined ? 0 : clock.now() - since;
      if (length < worthSaying) return [];
      return [`Slack has not been connected for ${sayDuration(length)}: commands and clicks do not arrive`];
    },
  };
}
