import { deploymentReport } from '../core/health/deployment.ts';
import { canaryReport } from '../core/health/report.ts';
import type { Reports } from '../http/api/reports.ts';

/** What openapi.json says of the reports' bodies. */
export const reportBodies: Reports['bodies'] = {
  canary: {
    shapes: [canaryReport],
    required: true,
    examples: {
      'half an hour of a candidate': {
        channel: 'canary',
        version: '1.5.0',
        window: { start: '2026-11-22T03:00:00Z', end: '2026-11-22T03:30:00Z' },
        sessions: 4210,
        crash_free_sessions: 0.9971,
        error_rate: 0.004,
        severity: 'ok',
        release_candidate_id: 'rc-2026-11-22.1',
      },
    },
  },
  deployment: {
    shapes: [deploymentReport],
    required: true,
    examples: {
      'it is live now': { channel: 'stable', version: '1.5.0', id: 'deploy-4711' },
    },
  },
};
