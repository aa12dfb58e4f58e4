import type { Policies } from '../core/policies/policies.ts';
import { sendWebhook } from './life-alerts.ts';
import type { World } from './world.ts';

const fresh = ['1.5.0-rc.1', '1.5.0', '1.5.1', '1.6.0'] as const;
const releaseBot = { kind: 'token', name: 'ci', roles: ['release-bot'], via: 'api' } as const;

/** A deploy tool brings a version, and says so: by itself, or through GitHub. */
export function deploy(world: World): void {
  const { dice, production, ledger, agenda, trace } = world;
  const channel = dice.pick(['canary', 'canary', 'canary', 'stable']);
  const version = dice.pick(fresh);
  production.live.set(`shop/${channel}`, version);
  ledger.told.add(`shop/${channel} ${version}`);
  const untold = (more: number): void => {
    ledger.untold.set(`shop/${channel}`, (ledger.untold.get(`shop/${channel}`) ?? 0) + more);
  };
  untold(1);
  trace.note(`${version} was deployed to ${channel}`);
  const at = new Date(world.now()).toISOString();
  const number = dice.below(2 ** 30);
  agenda.after(dice.wait(10_000), () => {
    if (dice.chance(0.5)) {
      const environment = channel === 'stable' ? 'production' : 'canary';
      sendWebhook(
        world,
        'github',
        {
          deployment_status: { id: number, state: 'success', environment, created_at: at },
          deployment: { ref: `v${version}`, environment, payload: {} },
          repository: { full_name: 'shop/storefront' },
        },
        { 'x-github-event': 'deployment_status' },
        () => untold(-1),
      );
      return;
    }
    world.send({
      what: 'a deployment',
      tries: 20,
      again: 8_000,
      take: ({ releaseBots }) =>
        releaseBots.reportDeployment({ channel, version, at, id: `deploy-${number}` }, releaseBot),
      acknowledged: () => untold(-1),
    });
  });
}

/** The release bot has watched the canary for a while. */
export function reportCanary(world: World): void {
  const { dice } = world;
  const version = world.production.live.get('shop/canary') ?? fresh[0];
  const isWell = dice.chance(0.7);
  const end = world.now();
  const report = {
    channel: 'canary',
    version,
    window: { start: new Date(end - 900_000).toISOString(), end: new Date(end).toISOString() },
    sessions: dice.between(100, 5_000),
    crash_free_sessions: isWell ? 0.999 : 0.9,
    error_rate: isWell ? 0.001 : 0.1,
    severity: isWell ? 'ok' : dice.pick(['warn', 'critical']),
  };
  world.trace.note(`the release bot says that ${version} is ${isWell ? 'well' : 'not well'}`);
  world.send({
    what: 'a canary report',
    tries: 10,
    again: 8_000,
    take: ({ releaseBots }) => releaseBots.reportCanary(report, releaseBot),
    acknowledged: () => undefined,
  });
}

/** Somebody edits approvals.yml: how many have to approve, and for how long they may. */
export function editPolicies(world: World, original: Policies): void {
  const { dice } = world;
  const approvals = dice.pick([0, 1, 1, 1, 2]);
  const expires_after = 60_000 * dice.pick([15, 60]);
  world.trace.note(`approvals.yml asks for ${approvals} approvals within ${expires_after} ms`);
  const rules = original.approvals.rules.map((rule) => ({ ...rule, approvals, expires_after }));
  const hashes = { ...original.hashes, approvals: `${approvals} within ${expires_after}` };
  world.setPolicies({ ...original, approvals: { ...original.approvals, rules }, hashes });
}
