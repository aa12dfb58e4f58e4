import { z } from 'zod';
import { severities } from '../severity.ts';
import { duration } from './duration.ts';

const role = z.enum(['responder', 'approver', 'lead']);

const rule = z.strictObject({
  /** `shop/stable`, `*\/stable`, `shop/*` or `*`. */
  channels: z.array(z.string().min(1)).min(1),
  /** The open incident's severity must be one of these; a rule without them applies with no incident, too. */
  severities: z.array(z.enum(severities)).optional(),
  /** How many other people have to approve. 0: the request alone is enough. */
  approvals: z.int().min(0).max(5),
  /** Who may approve: anybody who holds one of these roles. */
  roles: z.array(role).min(1),
  expires_after: duration,
  /** Approved, but not begun within this time: void. */
  execute_within: duration,
});

/** `policies/approvals.yml`. First match wins. */
export const approvalsPolicy = z.strictObject({
  may_request: z.array(role).min(1),
  rules: z.array(rule).min(1),
});

export type ApprovalsPolicy = z.infer<typeof approvalsPolicy>;
export type ApprovalRule = z.infer<typeof rule>;
