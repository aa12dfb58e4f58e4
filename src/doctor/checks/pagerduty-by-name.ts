import { z } from 'zod';
import type { Policies } from '../../core/policies/policies.ts';
import {
  accountOf,
  pagerdutyRest,
  sayAnswer,
  type PagerdutyAccess,
  type PagerdutyRest,
} from '../../pagers/pagerduty-rest.ts';
import { RateLimited } from '../../pagers/pagerduty-request.ts';
import type { Check } from '../examine.ts';
import { missing, ok, unknown, wrong, type Looked } from '../finding.ts';

/** So many look-ups at a time. */
const atOnce = 10;

const whoCalls = 'whom PagerDuty calls';

/** Whether PagerDuty can be told whom to call: the token, the account that uses it, each service and each person. */
export const pagerdutyByName: Check = {
  area: 'PagerDuty',
  name: 'PagerDuty API',
  look: async ({ settings, policies }, signal) => {
    if (!settings.pagerduty || !policies) return [];
    const services = servicesIn(policies);
    const { api } = settings.pagerduty;
    if (!api) return [withoutToken(services)];
    const rest = pagerdutyRest(api);
    const entry = await lookAtToken(rest, api, policies, signal);
    if (entry.some(({ name, status }) => name === 'PAGERDUTY_API_TOKEN' && status !== 'ok')) return entry;
    const people = Object.values(policies.roster.people).flatMap(({ name, pagerduty: id }) =>
      id === undefined ? [] : [{ name, id }],
    );
    const looks = [
      ...services.map((each) => () => lookAtService(rest, each, signal)),
      ...people.map((each) => () => lookAtPerson(rest, each, signal)),
    ];
    const found: Looked[] = [...entry, ...(services.length === 0 ? [withoutService] : [])];
    for (let at = 0; at < looks.length && !signal.aborted; at += atOnce)
      found.push(...(await Promise.all(looks.slice(at, at + atOnce).map((look) => look()))));
    return found;
  },
};

interface Named {
  readonly name: string;
  readonly id: string;
}

function servicesIn({ services }: Policies): readonly Named[] {
  return Object.values(services.services).flatMap(({ title, pagerduty: id }) =>
    id === undefined ? [] : [{ name: `${title} in PagerDuty`, id }],
  );
}

const withoutService = missing(
  whoCalls,
  'is for its own escalation policy to say: no service in services.yml has a pagerduty id',
  'Write pagerduty: and the id of its service in PagerDuty below each service in policies/services.yml.',
);

function withoutToken(services: readonly Named[]): Looked {
  if (services.length === 0) {
    return ok(whoCalls, 'is for its own escalation policy to say, not for the rungs of escalation.yml');
  }
  return wrong(
    whoCalls,
    'is for its own escalation policy to say, though services.yml names services there',
    'Set PAGERDUTY_API_TOKEN and PAGERDUTY_FROM, or take pagerduty: out of policies/services.yml.',
  );
}

async function lookAtToken(
  rest: PagerdutyRest,
  { from, url }: PagerdutyAccess,
  { roster }: Policies,
  signal: AbortSignal,
): Promise<readonly Looked[]> {
  const token = 'PAGERDUTY_API_TOKEN';
  const { host } = new URL(url);
  try {
    const { answer, id } = await accountOf(rest, from, signal);
    if (answer.status === 401) {
      const advice = 'Make one in PagerDuty under Integrations → API Access Keys, not read-only.';
      return [wrong(token, 'PagerDuty does not know this token', advice)];
    }
    if (answer.status !== 200)
      return [wrong(token, `PagerDuty lets us read nothing: ${sayAnswer(answer)}`, 'Give it full access.')];
    const accepted = ok(token, 'is accepted; whether it may write, only a page can prove');
    return [accepted, lookAtSelf(from, id, roster)];
  } catch (error) {
    if (error instanceof RateLimited) return [unknown(token, 'PagerDuty asks us to slow down (429)')];
    const advice =
      'Let this machine reach it. An account in Europe has PAGERDUTY_API_URL=https://api.eu.pagerduty.com.';
    return [wrong(token, `${host} gives no answer`, advice)];
  }
}

function lookAtSelf(from: string, id: string | undefined, { people }: Policies['roster']): Looked {
  const name = 'PAGERDUTY_FROM';
  if (id === undefined) {
    const advice = 'Give the address with which an account there logs in.';
    return wrong(name, `${from} is nobody in this PagerDuty account`, advice);
  }
  const person = Object.values(people).find(({ pagerduty }) => pagerduty === id);
  if (!person) return ok(name, `${from} is the account ${id}`);
  return wrong(
    name,
    `${from} is ${person.name}, whom PagerDuty does not ring for what is done in their own name`,
    'Take an account that belongs to nobody in policies/roster.yml.',
  );
}

const service = z.object({ service: z.object({ name: z.string(), status: z.string() }) });

function lookAtService(rest: PagerdutyRest, { name, id }: Named, signal: AbortSignal): Promise<Looked> {
  return lookUp(rest, name, `/services/${id}`, signal, (body) => {
    const found = service.safeParse(body).data?.service;
    if (!found) return wrong(name, `${id} is no service there`, 'Correct it in policies/services.yml.');
    if (found.status !== 'disabled' && found.status !== 'maintenance')
      return ok(name, `${id} is “${found.name}”`);
    return wrong(
      name,
      `“${found.name}” is ${found.status === 'disabled' ? 'disabled' : 'in maintenance'}: it calls nobody`,
      'Enable it in PagerDuty.',
    );
  });
}

const user = z.object({ user: z.object({ name: z.string() }) });

function lookAtPerson(rest: PagerdutyRest, { name, id }: Named, signal: AbortSignal): Promise<Looked> {
  return lookUp(rest, name, `/users/${encodeURIComponent(id)}`, signal, (body) => {
    const found = user.safeParse(body).data?.user;
    if (found) return ok(name, `${id} is ${found.name}`);
    const advice =
      'Correct the person’s pagerduty id in policies/roster.yml; it ends the address of their profile there.';
    return wrong(name, `${id} is nobody there`, advice);
  });
}

async function lookUp(
  rest: PagerdutyRest,
  name: string,
  path: string,
  signal: AbortSignal,
  judge: (body: unknown) => Looked,
): Promise<Looked> {
  try {
    const answer = await rest('GET', path, { signal });
    if (answer.status === 200 || answer.status === 404) return judge(answer.body);
    return unknown(name, `cannot be looked up in PagerDuty: ${sayAnswer(answer)}`);
  } catch {
    return unknown(name, 'cannot be looked up: PagerDuty gives no answer');
  }
}
