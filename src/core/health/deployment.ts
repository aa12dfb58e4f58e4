import { z } from 'zod';
import {
  absent,
  reportedApp,
  reportedChannel,
  reportedTime,
  reportedUrl,
  reportedVersion,
} from './report.ts';

/** The body of `POST /api/v1/deployments`: this version is on that channel. */
export const deploymentReport = z.strictObject({
  /** May be left out where there is only one app. */
  app: reportedApp,
  /** `stable`, or in full `shop/stable`. */
  channel: reportedChannel,
  version: reportedVersion,
  /** A page about the deployment. Shown as a link and never fetched. */
  url: absent(reportedUrl),
  /** Since when it is there; left out: now. */
  at: absent(reportedTime),
  /** The deploy tool's own: what is told again under the same id is no news. */
  id: absent(z.string().min(1).max(200)),
});

export type DeploymentReport = z.infer<typeof deploymentReport>;
