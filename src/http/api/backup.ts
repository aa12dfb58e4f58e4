import { lacksPermission } from '../../core/permission.ts';
import type { ApiRoute } from './api-route.ts';
import { apiError } from './command-shapes.ts';
import { guarded, type Doorkeeper } from './guard.ts';

/** Makes a backup of the store; its file is there until it was sent. */
export type BackUp = () => Promise<{
  readonly path: string;
  readonly name: string;
  readonly sent: () => Promise<void>;
}>;

/** `POST /api/v1/backup`: everything that is stored, for a lead. */
export function backupRoute(keeper: Doorkeeper, backUp: BackUp): ApiRoute {
  return {
    method: 'POST',
    path: '/api/v1/backup',
    about: [
      {
        id: 'backup',
        summary: 'All that is stored, as of one moment, as a SQLite file',
        description:
          'Takes the role lead. It holds whom to call and what people said: keep it as private as the store.',
        responses: {
          200: { description: 'The file.', shapes: [], file: 'application/vnd.sqlite3' },
          403: { description: 'This token’s roles do not include lead.', shapes: [apiError] },
        },
      },
    ],
    handle: guarded(keeper, async (_request, { actor }) => {
      const lacking = lacksPermission(actor, ['lead'], 'back up');
      if (lacking) return { status: 403, json: { error: lacking.why } };
      const { path, name, sent } = await backUp();
      return {
        status: 200,
        file: { path, sent },
        headers: {
          'content-type': 'application/vnd.sqlite3',
          'content-disposition': `attachment; filename="${name}"`,
        },
      };
    }),
  };
}
