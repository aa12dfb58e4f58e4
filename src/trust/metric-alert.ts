import { z } from 'zod';

const metricAlert = z.object({
  data: z.object({ metric_alert: z.object({ id: z.union([z.string().min(1).max(200), z.number()]) }) }),
});

/** Which of Sentry's metric alerts a body is about; undefined for everything else. */
export function metricAlertId(body: Buffer): string | undefined {
  try {
    const id = metricAlert.safeParse(JSON.parse(body.toString('utf8'))).data?.data.metric_alert.id;
    return id === undefined ? undefined : String(id);
  } catch {
    // It is authentic all the same, and kept; whoever reads it says what is wrong with it.
    return undefined;
  }
}
