import type { CardUrl } from '../core/card-url.ts';
import type { Carrier } from '../core/effect.ts';
import type { Secret } from '../trust/secrets.ts';
import { mailPager } from './mail.ts';
import { pagerdutyByName } from './pagerduty-by-name.ts';
import type { PagerdutyAccess } from './pagerduty-rest.ts';
import { pagerdutyPager } from './pagerduty.ts';

/** What pagers need to know of the world. A way to page that is not configured is undefined. */
export interface PagersConfig {
  readonly pagerduty:
    | {
        readonly routingKey: Secret;
        readonly eventsUrl: string;
        /** Left out: PagerDuty itself says whom it calls. */
        readonly api?: PagerdutyAccess | undefined;
      }
    | undefined;
  readonly mail: { readonly smtpUrl: Secret; readonly from: string } | undefined;
  readonly cardUrl: CardUrl;
  /** Everything that must never leave in a page. */
  readonly secrets: readonly Secret[];
}

export type Pager = Carrier<'page.pagerduty'> | Carrier<'page.mail'>;

export function pagers({ pagerduty, mail, ...common }: PagersConfig): readonly Pager[] {
  return [
    pagerduty &&
      pagerdutyByName({
        events: pagerdutyPager({ ...pagerduty, ...common }),
        access: pagerduty.api,
        ...common,
      }),
    mail && mailPager({ ...mail, ...common }),
  ].filter((pager) => pager !== undefined);
}
