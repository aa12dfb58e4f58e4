import { createHmac } from 'node:crypto';

/** A person with an account at PagerDuty. */
export interface PagerdutyUser {
  readonly id: string;
  readonly name: string;
}

/** Where PagerDuty sends what happens to incidents, and the secret with which it signs. */
export interface PagerdutySubscription {
  /** Undefined while nobody listens. */
  readonly url: () => string | undefined;
  readonly secret: string;
}

/** An incident as its webhooks tell it. */
export interface ToldIncident {
  readonly number: number;
  readonly status: 'triggered' | 'acknowledged' | 'resolved';
  readonly title: string;
  readonly key: string;
  readonly openedAt: string;
  /** Left out: whoever pressed. */
  readonly assignees?: readonly PagerdutyUser[];
}

const answerWithin = 5_000;

/** `v1=<hex>`, as `X-PagerDuty-Signature` carries it. */
export function signPagerdutyWebhook(body: string, secret: string): string {
  return `v1=${createHmac('sha256', secret).update(body).digest('hex')}`;
}

/**
 * PagerDuty's webhooks, version 3: one event a request, signed, in the order in which things happened. PagerDuty tries
 * again for 20 minutes; here what does not arrive at once is lost.
 */
export function createWebhooks(subscription: PagerdutySubscription | undefined, now: () => Date) {
  let delivered: Promise<void> = Promise.resolve();
  let sent = 0;

  async function deliver(url: string, secret: string, body: string): Promise<void> {
    const headers = {
      'content-type': 'application/json',
      'x-pagerduty-signature': signPagerdutyWebhook(body, secret),
    };
    const signal = AbortSignal.timeout(answerWithin);
    const answer = await fetch(url, { method: 'POST', headers, body, signal }).catch(() => undefined);
    await answer?.body?.cancel();
  }

  return {
    /** @param by undefined for what an integration did over the Events API */
    send(
      did: 'acknowledged' | 'resolved' | 'unacknowledged' | 'reassigned',
      incident: ToldIncident,
      by?: PagerdutyUser,
    ): void {
      const url = subscription?.url();
      if (!subscription || url === undefined) return;
      sent += 1;
      const id = `01SANDBOX${String(sent).padStart(17, '0')}`;
      const body = JSON.stringify(eventOf(id, did, incident, by, now()));
      delivered = delivered.then(() => deliver(url, subscription.secret, body));
    },
    /** Resolves when everything sent so far has been answered. */
    delivered: (): Promise<void> => delivered,
  };
}

function eventOf(
  eventId: string,
  did: string,
  { number, status, title, key, openedAt, assignees = [] }: ToldIncident,
  by: PagerdutyUser | undefined,
  at: Date,
): object {
  const pressed = by && status !== 'resolved' ? [by] : [];
  const called = assignees.length > 0 ? assignees : pressed;
  const self = `https://api.pagerduty.com/incidents/PSANDBOX${number}`;
  return {
    event: {
      id: eventId,
      event_type: `incident.${did}`,
      resource_type: 'incident',
      occurred_at: at.toISOString(),
      agent: by
        ? reference('users', by.id, by.name, 'user_reference')
        : reference(
            'services/PSHOP/integrations',
            'PLASTGOOD',
            'Lastgood',
            'events_api_v2_inbound_integration_reference',
          ),
      client: null,
      data: {
        id: `PSANDBOX${number}`,
        type: 'incident',
        self,
        html_url: self.replace('api.', 'shop.'),
        number,
        status,
        incident_key: key,
        created_at: openedAt,
        title,
        service: reference('services', 'PSHOP', 'Shop', 'service_reference'),
        assignees: called.map(({ id, name }) => reference('users', id, name, 'user_reference')),
        escalation_policy: reference(
          'escalation_policies',
          'PDEFAULT',
          'Default',
          'escalation_policy_reference',
        ),
        teams: [],
        priority: null,
        urgency: 'high',
        conference_bridge: null,
        resolve_reason: null,
      },
    },
  };
}

function reference(path: string, id: string, summary: string, type: string): object {
  const self = `https://api.pagerduty.com/${path}/${id}`;
  return { html_url: self.replace('api.', 'shop.'), id, self, summary, type };
}
