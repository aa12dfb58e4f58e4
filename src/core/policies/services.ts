import { z } from 'zod';
import { name } from './duration.ts';

/** No labels at all would claim every alert there is. */
const labels = z
  .record(z.string(), z.string())
  .refine((all) => Object.keys(all).length > 0, 'expected at least one label');

const pagerdutyId = z
  .string()
  .regex(
    /^[A-Z0-9]{4,32}$/,
    'expected the id of a service in PagerDuty, such as P0SHOP1, from the end of its link',
  );

/** `policies/services.yml`: which alert belongs to which service, release channel, rotation and ladder. */
export const servicesPolicy = z.strictObject({
  services: z.record(
    name,
    z.strictObject({
      title: z.string().min(1).max(80),
      app: name,
      /** The channel of an alert that names none. */
      channel: name,
      rotation: name,
      escalation: name,
      /** The conversation of its cards; a name from notifications.yml. */
      conversation: name,
      /** Its service in PagerDuty, where Lastgood says whom to call; left out: PagerDuty's own policy does. */
      pagerduty: pagerdutyId.optional(),
      /** What to do when it is ill, for alerts that name no runbook of their own. */
      runbook: z
        .url({ protocol: /^https?$/, error: 'expected the address of a page, with http or https' })
        .max(2_000)
        .optional(),
      /** An alert belongs to the service when all labels of one of these match. */
      labels: z.array(labels).min(1),
    }),
  ),
  /** The alert label that names the release channel, and what its values mean here. */
  channel_label: z.string().min(1),
  channel_values: z.record(z.string(), name).default({}),
  /** The service that takes alerts which nobody claims: none is ever dropped. */
  unclaimed: name,
});

export type ServicesPolicy = z.infer<typeof servicesPolicy>;
export type ServicePolicy = ServicesPolicy['services'][string];
