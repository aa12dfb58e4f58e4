import { z } from 'zod';
import { name } from './duration.ts';

/** `policies/notifications.yml`: names for Slack conversations and groups of mail addresses. */
export const notificationsPolicy = z.strictObject({
  /** `emergency` is where the bot shouts when nobody answers; others by the names that services and channels use. */
  conversations: z
    .record(
      name,
      z.string().regex(/^[CGD][A-Z0-9]{2,}$/, 'expected a Slack conversation id such as C0123456789'),
    )
    .refine((all) => 'emergency' in all, 'expected a conversation named "emergency"'),
  mail_groups: z.record(name, z.array(z.email('expected an e-mail address')).min(1)).default({}),
});

export type NotificationsPolicy = z.infer<typeof notificationsPolicy>;
