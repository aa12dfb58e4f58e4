import type { Carrier } from '../core/effect.ts';
import type { Secret } from '../trust/secrets.ts';
import { mailPager } from './mail.ts';
import { pagerdutyPager } from './pagerduty.ts';

/** What pagers need to know of the world. A way to page that is not configured is undefined. */
export interface PagersConfig {
  readonly pagerduty: { readonly routingKey: Secret; readonly eventsUrl: string } | undefined;
  readonly mail: { readonly smtpUrl: Secret; readonly from: string } | undefined;
  /** Everything that must never leave in a page. */
  readonly secrets: readonly Secret[];
}

export type Pager = Carrier<'page.pagerduty'> | Carrier<'page.mail'>;

export function pagers({ pagerduty, mail, secrets }: PagersConfig): readonly Pager[] {
  return [
    pagerduty && pagerdutyPager({ ...pagerduty, secrets }),
    mail && mailPager({ ...mail, secrets }),
  ].filter((pager) => pager !== undefined);
}
