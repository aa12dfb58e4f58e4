import { z } from 'zod';
import { name } from './duration.ts';

/** No labels at all would claim every alert there is. */
const labels = z
  .record(z.string(), z.string())
  .refine((all) => Object.keys(all).length > 0, 'expected at least one label');

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
