import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { MalformedBody } from '../../src/core/source.ts';
import { readDeployment } from '../../src/sources/github.ts';

interface Captured {
  readonly deployment_status: object;
  readonly deployment: object;
  readonly repository: object;
}

const text = (name: string): string => readFileSync(`test/captures/github/${name}.json`, 'utf8');
const captured = JSON.parse(text('deployment_status.success')) as Captured;

/** What GitHub sent, of a tag. */
function read(deployment: object = {}, status: object = {}, event: string | undefined = 'deployment_status') {
  const body = {
    ...captured,
    deployment: { ...captured.deployment, ref: 'v1.5.0', ...deployment },
    deployment_status: { ...captured.deployment_status, ...status },
  };
  return readDeployment(Buffer.from(JSON.stringify(body)), event === '' ? {} : { 'x-github-event': event });
}

it('reads a success', () => {
  expect(read({}, { log_url: 'https://github.com/Codertocat/Hello-World/actions/runs/1' })).toEqual({
    repository: 'Codertocat/Hello-World',
    environment: 'production',
    version: '1.5.0',
    at: Date.parse('2019-05-15T15:20:55Z'),
    url: 'https://github.com/Codertocat/Hello-World/actions/runs/1',
    id: '209916254',
  });
});

it.each([
  [{ payload: { version: '2.0.0' } }, '2.0.0'],
  [{ payload: '{"version":"v2.0.0"}' }, '2.0.0'],
  [{ payload: { version: 7 } }, '1.5.0'],
  [{ payload: 'web' }, '1.5.0'],
  [{ payload: null }, '1.5.0'],
  [{ ref: 'refs/tags/v1.4.2' }, '1.4.2'],
  [{ ref: 'shop@1.4.2' }, '1.4.2'],
])('reads of %j the version %s', (deployment, version) => {
  expect(read(deployment)).toMatchObject({ version });
});

it('ignores a deployment without a version, and says so', () => {
  expect(
    readDeployment(Buffer.from(JSON.stringify(captured)), { 'x-github-event': 'deployment_status' }),
  ).toEqual({
    ignored: 'neither payload.version nor the ref “master” is a SemVer version',
  });
});

it.each(['pending', 'in_progress', 'failure', 'error', 'inactive'])('ignores one that is %s', (state) => {
  expect(read({}, { state })).toEqual({ ignored: `the deployment is ${state}, not a success` });
});

it('ignores every other event', () => {
  expect(readDeployment(Buffer.from(text('ping')), { 'x-github-event': 'ping' })).toEqual({
    ignored: 'it is ping, and only deployment_status is read',
  });
});

it('refuses what does not say what it is, or is something else', () => {
  expect(() => read({}, {}, '')).toThrow('no X-GitHub-Event header');
  expect(() => read({}, { id: 'x' })).toThrow(MalformedBody);
});
