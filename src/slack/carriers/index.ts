import type { CardUrl } from '../../core/card-url.ts';
import type { Carrier } from '../../core/effect.ts';
import type { Postmortem } from '../../core/incident/postmortem.ts';
import type { SlackAccess, SlackClients } from '../clients.ts';
import { cardCarrier } from './card.ts';
import { pageCarrier } from './page.ts';
import { postmortemCarrier } from './postmortem.ts';
import { replyCarrier } from './reply.ts';
import { threadCarrier } from './thread.ts';

export type SlackCarrier =
  | Carrier<'slack.card'>
  | Carrier<'slack.thread'>
  | Carrier<'slack.postmortem'>
  | Carrier<'slack.reply'>
  | Carrier<'page.slack'>;

/** Everything that goes out to Slack. Adding a carrier is one file and one line here. */
export function slackCarriers(
  options: Pick<SlackAccess, 'apiUrl' | 'timeout'> & {
    readonly clients: SlackClients;
    /** Which store the buttons come from. */
    readonly storeId: string;
    /** The name of a conversation or a person by Slack's id, as people know it: `#incidents`. */
    readonly nameOf: (id: string) => string;
    readonly cardUrl: CardUrl;
    readonly readPostmortem: (incident: string) => Promise<Postmortem>;
  },
): readonly SlackCarrier[] {
  const { clients, nameOf, storeId, cardUrl, readPostmortem } = options;
  return [
    cardCarrier(clients.timeline, nameOf, storeId, cardUrl),
    threadCarrier(clients.timeline, nameOf),
    postmortemCarrier(clients.timeline, nameOf, readPostmortem),
    replyCarrier({ ...options, client: clients.timeline }),
    pageCarrier(clients.paging, nameOf, storeId, cardUrl),
  ];
}
