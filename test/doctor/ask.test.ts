import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { interpret } from '../../commands/interpret.ts';
import type { Asking } from '../../commands/verb.ts';
import { examine } from '../../src/doctor/examine.ts';
import { checks } from '../../src/doctor/index.ts';
import { patientOf } from '../../src/doctor/patient.ts';
import { people } from '../../src/sandbox/cast.ts';
import { ana, policies, start, stranger } from '../support/given.ts';
import { stillWorld, type StillWorld } from '../threats/support/still-world.ts';

const asking: Asking = {
  at: start,
  by: ana,
  policies,
  openIncidents: [],
  moreIncidents: 0,
  openOperations: [],
  freeze: undefined,
  channels: [],
};

test('the verb is for people of the roster', () => {
  expect(interpret('lastgood', 'doctor', asking)).toEqual({ kind: 'doctor' });
  expect(interpret('lastgood', 'doctor', { ...asking, by: stranger })).toMatchObject({
    kind: 'answer',
    answer: { tone: 'refused', lines: [expect.stringContaining('not in the roster')] },
  });
});

describe('/lastgood doctor', () => {
  let world: StillWorld;
  beforeAll(async () => {
    world = await stillWorld();
  });
  afterAll(() => world.close());

  test('tells the person who asked how the running bot is', async () => {
    await world.type(people.ana.id, '/lastgood doctor');
    expect(world.told(people.ana.id)).toMatch(/\d+ ok/);
    expect(world.told(people.ana.id)).toMatch(/finds ! 1 missing, ✓/);
    expect(world.told(people.ana.id)).toContain('BACKUP_DIR not set');
  });

  test('tells what is wrong now, and what to do', async () => {
    world.shop.setWell(false);
    await world.type(people.ben.id, '/lastgood doctor');
    expect(world.told(people.ben.id)).toMatch(
      /✗ Health checks: [^!]+ said readiness=failing\.\\n   → As long as/,
    );
    world.shop.setWell(true);
  });

  test('is what a terminal beside a running bot finds, too', async () => {
    const { settings } = world;
    const botUrl = world.bot().url;
    const examined = { usable: settings, problems: [], given: [], environment: {} };
    const patient = await patientOf(examined, { now: world.clock.now, botUrl });
    const findings = await examine(patient, checks);
    const store = findings.find(({ name }) => name === 'store');
    expect(store).toMatchObject({
      status: 'ok',
      what: expect.stringMatching(/is in use by the bot at \S+, which is ready$/),
    });
    expect(findings.filter(({ status }) => status === 'wrong')).toEqual([]);
  });
});
