import { expect, it } from 'vitest';
import { routeAlert } from '../../src/core/incident/route-alert.ts';
import type { Alert } from '../../src/core/source.ts';
import { loadPolicies } from '../../src/policies/load.ts';
import { sayProblems } from '../../src/policies/problem.ts';
import { examplePolicies } from '../../src/sandbox/example-policies.ts';

type Said = Partial<Pick<Alert, 'labels' | 'service' | 'channel' | 'severity'>>;

const checkout = 'checkout';

/** What an alert says, and where it goes under the example policies. */
it.each<readonly [Said, string]>([
  // Service
  [{ service: checkout }, 'checkout shop/stable P2'],
  [{ labels: { service: checkout } }, 'checkout shop/stable P2'],
  [{ labels: { job: 'checkout-api' } }, 'checkout shop/stable P2'],
  [{ service: 'platform', labels: { service: checkout } }, 'platform shop/stable P2'],
  [{ labels: { service: 'Checkout' } }, 'platform shop/stable P2'],
  [{ labels: {} }, 'platform shop/stable P2'],
  [{ service: 'search' }, 'platform shop/stable P2 (service "search" is unknown, taken as platform)'],
  [
    { service: 'search', labels: { service: checkout } },
    'checkout shop/stable P2 (service "search" is unknown, taken as checkout)',
  ],
  [
    { service: 'constructor' },
    'platform shop/stable P2 (service "constructor" is unknown, taken as platform)',
  ],
  // Channel
  [{ service: checkout, channel: 'canary' }, 'checkout shop/canary P2'],
  [{ service: checkout, channel: 'production' }, 'checkout shop/stable P2'],
  [{ service: checkout, labels: { channel: 'canary' } }, 'checkout shop/canary P2'],
  [{ service: checkout, labels: { channel: 'preview' } }, 'checkout shop/canary P2'],
  [{ service: checkout, channel: 'stable', labels: { channel: 'canary' } }, 'checkout shop/stable P2'],
  [
    { service: checkout, labels: { channel: 'nightly' } },
    'checkout shop/stable P2 (channel "nightly" is unknown, taken as stable)',
  ],
  [
    { service: checkout, channel: '__proto__' },
    'checkout shop/stable P2 (channel "__proto__" is unknown, taken as stable)',
  ],
  [
    { service: 'search', channel: 'nightly' },
    'platform shop/stable P2 (service "search" is unknown, taken as platform; channel "nightly" is unknown, taken as stable)',
  ],
  // Severity
  [{ service: checkout, labels: { severity: 'critical' } }, 'checkout shop/stable P0'],
  [{ labels: { severity: 'critical' } }, 'platform shop/stable P1'],
  [{ labels: { severity: 'critical', outage: 'true' } }, 'platform shop/stable P0'],
  [{ labels: { severity: 'critical', outage: 'false' } }, 'platform shop/stable P1'],
  [{ labels: { severity: 'page' } }, 'platform shop/stable P1'],
  [{ labels: { severity: 'high' } }, 'platform shop/stable P1'],
  [{ labels: { severity: 'fatal' } }, 'platform shop/stable P1'],
  [{ labels: { severity: 'error' } }, 'platform shop/stable P2'],
  [{ labels: { severity: 'warning' } }, 'platform shop/stable P2'],
  [{ labels: { severity: 'info' } }, 'platform shop/stable P3'],
  [{ labels: { severity: 'P1' } }, 'platform shop/stable P1'],
  [{ labels: { severity: 'criticality' } }, 'platform shop/stable P2, since nobody knows criticality'],
  [{ labels: { priority: 'P9' } }, 'platform shop/stable P2, since nobody knows P9'],
  [{ labels: { severity: '' } }, 'platform shop/stable P2'],
  // Another label decides: nothing is guessed.
  [{ labels: { severity: 'P9', priority: 'P1' } }, 'platform shop/stable P1'],
  [{ severity: 'P1', labels: { severity: 'P9' } }, 'platform shop/stable P1'],
  [{ labels: { severity: 'info', priority: 'P0' } }, 'platform shop/stable P0'],
  [{ service: checkout, severity: 'P3', labels: { severity: 'critical' } }, 'checkout shop/stable P3'],
])('%j → %s', async (said, expected) => {
  const loaded = await loadPolicies(examplePolicies);
  if (!loaded.ok) throw new Error(sayProblems(loaded.problems));
  const alert: Alert = {
    fingerprint: 'test:1',
    status: 'firing',
    title: 'Down',
    summary: '',
    labels: {},
    ...said,
  };
  const { service, app, channel, severity, note, unknownSeverity } = routeAlert(alert, loaded.policies);
  const why = note === undefined ? '' : ` (${note})`;
  const guessed = unknownSeverity === undefined ? '' : `, since nobody knows ${unknownSeverity}`;
  expect(`${service} ${app}/${channel} ${severity}${guessed}${why}`).toBe(expected);
});

it.each([
  ['critical', 'P3'],
  ['disaster', 'P3, since nobody knows disaster'],
])(
  'a rule that takes whatever comes for a service makes no word unknown that another knows: %s',
  async (word, expected) => {
    const loaded = await loadPolicies(examplePolicies);
    if (!loaded.ok) throw new Error(sayProblems(loaded.problems));
    const { severity: policy } = loaded.policies;
    const rules = [{ service: 'platform', labels: {}, severity: 'P3' as const }, ...policy.rules];
    const alert: Alert = {
      fingerprint: 'test:1',
      status: 'firing',
      title: 'Down',
      summary: '',
      labels: { severity: word },
    };
    const { severity, unknownSeverity } = routeAlert(alert, {
      ...loaded.policies,
      severity: { ...policy, rules },
    });
    expect(
      `${severity}${unknownSeverity === undefined ? '' : `, since nobody knows ${unknownSeverity}`}`,
    ).toBe(expected);
  },
);
