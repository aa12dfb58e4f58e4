import { healthExecutor, healthStep } from '../../executors/health.ts';
import { checkTimeout, type Check } from '../examine.ts';
import { ok, unknown, wrong, type Looked } from '../finding.ts';
import { stepsOf } from '../steps.ts';

/** Every endpoint that a rollback would be verified by, asked once as the step asks it. */
export const healthEndpoints: Check = {
  area: 'Health checks',
  name: 'endpoints',
  about: 'channels',
  look: ({ policies, now }, signal) => {
    const { start } = healthExecutor({ now });
    const endpoints = stepsOf(policies)
      .filter(({ uses }) => uses === 'health')
      .flatMap((step) => healthStep.safeParse(step.with).data?.endpoints ?? []);
    const distinct = new Map(endpoints.map((endpoint) => [JSON.stringify(endpoint), endpoint]));
    return Promise.all(
      [...distinct.values()].map(async (endpoint): Promise<Looked> => {
        const { host, pathname } = new URL(endpoint.url);
        const name = `${host}${pathname}`;
        if (endpoint.url.includes('{{')) return unknown(name, 'is known only when there is a plan');
        const once = { endpoints: [endpoint], until_stable: 1, every: '1s', within: '1m' };
        const { status, note } = await start(
          { ...nobodysRun, since: now(), until: now() + checkTimeout, with: once },
          signal,
        );
        if (status === 'done') return ok(name, `says ${endpoint.expect.join(', ')}`);
        return wrong(
          name,
          note.replace(`${name} `, ''),
          'As long as it says so, no rollback counts as verified.',
        );
      }),
    );
  },
};

const nobodysRun = {
  id: 'doctor',
  operation: 'doctor',
  app: '',
  channel: '',
  from: '',
  version: '',
  reason: '',
};
