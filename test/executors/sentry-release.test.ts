import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Executor } from '../../src/core/executor.ts';
import { sentryReleaseExecutor } from '../../src/executors/sentry-release.ts';
import { startSentry, type Sentry } from '../../src/sandbox/neighbours/sentry.ts';
import { secret } from '../../src/trust/secrets.ts';
import { executorContract, soon } from '../contract/executor.ts';
import { clock, stepRun } from './runs.ts';

const token = 'sntrys_canary0123456789';
const rollback = {
  archive: '1.5.0',
  deploy: '1.4.2',
  environment: 'production',
  project: 'shop-web',
  release_prefix: 'shop@',
};

async function open() {
  const { now } = clock();
  const sentry = await startSentry({
    now: () => new Date(now()),
    token,
    organization: 'acme',
    projects: ['shop-web', 'shop-api'],
    releases: [{ version: 'shop@1.4.2' }, { version: 'shop@1.5.0' }],
  });
  const executor = sentryReleaseExecutor({ token: secret(token), url: sentry.url, organization: 'acme' });
  return { sentry, executor };
}

executorContract(async () => {
  const { sentry, executor } = await open();
  return {
    executor,
    restarted: () => sentryReleaseExecutor({ token: secret(token), url: sentry.url, organization: 'acme' }),
    run: stepRun(rollback),
    secret: token,
    end: (how) => {
      if (how === 'badly')
        sentry.fail({ status: 403, error: 'You do not have permission.', path: '/deploys/' });
    },
    loseAnswer: () => sentry.fail({ applied: true, times: 1 }),
    refuse: (words) => sentry.fail({ status: 400, error: words }),
    hang: () => sentry.fail({ hang: true, applied: true }),
    heal: sentry.heal,
    wait: () => {},
    changes: () => release(sentry, 'shop@1.4.2').deploys.length,
    close: () => sentry.close(),
  };
});

describe('a rollback in Sentry', () => {
  let sentry: Sentry;
  let executor: Executor;
  beforeEach(async () => {
    ({ sentry, executor } = await open());
  });
  afterEach(() => sentry.close());

  it('archives the bad release and records a deploy of the good one', async () => {
    expect(await executor.start(stepRun(rollback), soon())).toEqual({
      status: 'done',
      note: 'Sentry shows shop@1.5.0 as archived and shop@1.4.2 as deployed to production.',
      handle: { url: `${sentry.url}/organizations/acme/releases/shop%401.4.2/` },
    });
    expect(release(sentry, 'shop@1.5.0')).toMatchObject({ status: 'archived', deploys: [] });
    expect(release(sentry, 'shop@1.4.2')).toMatchObject({
      status: 'open',
      deploys: [{ name: 'OP-7.1', environment: 'production' }],
    });
  });

  it('archives nothing when it is gone back to the very version that counted as live', async () => {
    const same = stepRun({ ...rollback, archive: '1.5.0', deploy: '1.5.0' });
    expect((await executor.start(same, soon())).status).toBe('done');
    expect(release(sentry, 'shop@1.5.0')).toMatchObject({ status: 'open', deploys: [{ name: 'OP-7.1' }] });
  });

  it('archives nothing when a promotion leaves nothing bad behind', async () => {
    const { archive: _nothing, ...promotion } = { ...rollback, deploy: '1.5.0' };
    expect(await executor.check(stepRun(promotion), undefined, soon())).toEqual({
      status: 'unknown',
      repeatable: true,
      note: 'Sentry does not show shop@1.5.0 as deployed to production yet.',
    });
    expect(await executor.start(stepRun(promotion), soon())).toMatchObject({
      status: 'done',
      note: 'Sentry shows shop@1.5.0 as deployed to production.',
    });
    expect(sentry.releases().map(({ status }) => status)).toEqual(['open', 'open']);
  });

  it('may be repeated before, and is done after', async () => {
    expect(await executor.check(stepRun(rollback), undefined, soon())).toMatchObject({ repeatable: true });
    await executor.start(stepRun(rollback), soon());
    expect((await executor.check(stepRun(rollback), undefined, soon())).status).toBe('done');
  });

  it('makes no second deploy when it is started again half way', async () => {
    await executor.start(stepRun(rollback), soon());
    await reopen(sentry, 'shop@1.5.0');
    expect(await executor.check(stepRun(rollback), undefined, soon())).toMatchObject({ repeatable: true });
    expect((await executor.start(stepRun(rollback), soon())).status).toBe('done');
    expect(release(sentry, 'shop@1.4.2').deploys).toHaveLength(1);
  });

  it('does not take the deploy of another step for its own', async () => {
    await executor.start({ ...stepRun(rollback), id: 'OP-6.1' }, soon());
    expect(await executor.check(stepRun(rollback), undefined, soon())).toMatchObject({ repeatable: true });
  });

  it('has failed when Sentry does not know the good release, in the words of Sentry', async () => {
    expect(await executor.start(stepRun({ ...rollback, deploy: '1.0.0' }), soon())).toEqual({
      status: 'failed',
      note: 'Sentry refused a deploy of shop@1.0.0 (404): The requested resource does not exist',
    });
  });

  it('throws when Sentry is away, so that it is asked again', async () => {
    sentry.fail({ status: 503 });
    await expect(executor.check(stepRun(rollback), undefined, soon())).rejects.toThrow(
      'Sentry answered 503.',
    );
  });

  it('claims nothing when Sentry answers something else than a release', async () => {
    await executor.start(stepRun(rollback), soon());
    sentry.fail({ status: 200, error: 'maintenance' });
    await expect(executor.check(stepRun(rollback), undefined, soon())).rejects.toThrow(
      'Sentry was asked to show shop@1.5.0 and answered',
    );
  });

  it('takes placeholders where a version may be filled in', () => {
    expect(
      executor.schema.safeParse({ ...rollback, archive: '{{from}}', deploy: '{{ version }}' }).success,
    ).toBe(true);
  });

  it.each([
    ['a NUL', 'a\0b'],
    ['a line break', '1.4.2\n1.5.0'],
    ['a way out of the path', '..'],
    ['a slash', '1.4.2/deploys'],
    ['nothing', ''],
  ])('refuses a version with %s', (_, deploy) => {
    expect(executor.schema.safeParse({ ...rollback, deploy }).success).toBe(false);
  });

  it.each(['$(id)', '--flag', '${{x}}', '?a=b#c', '%2e%2e'])(
    'asks for a version like %s by that very name',
    async (deploy) => {
      const { note } = await executor.start(stepRun({ ...rollback, deploy }), soon());
      expect(note).toContain(`a deploy of shop@${deploy} (404)`);
      expect(release(sentry, 'shop@1.4.2').deploys).toEqual([]);
    },
  );
});

function release(sentry: Sentry, version: string) {
  const found = sentry.releases().find((known) => known.version === version);
  if (!found) throw new Error(`Sentry has no release ${version}`);
  return found;
}

/** What a later post of CI may do. */
async function reopen(sentry: Sentry, version: string): Promise<void> {
  await fetch(`${sentry.url}/api/0/organizations/acme/releases/`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ version, projects: [], status: 'open' }),
  });
}
