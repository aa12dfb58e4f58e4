import type { ServicesPolicy } from '../policies/services.ts';
import { hasLabels, type Labels } from './labels.ts';

interface Claim {
  readonly service: string;
  /** Where its service stands in the policy. */
  readonly place: number;
  readonly labels: Labels;
}

/** By one of their labels and its value: of a thousand services, an alert is compared with those that name one of its own. */
type Claims = ReadonlyMap<string, readonly Claim[]>;

/** A policy never changes: an edited one is another object. */
const indexed = new WeakMap<ServicesPolicy['services'], Claims>();

/** The first service of the policy that claims an alert with these labels. */
export function claimingService(labels: Labels, { services }: ServicesPolicy): string | undefined {
  const claims = indexed.get(services) ?? index(services);
  const near = Object.entries(labels).flatMap((label) => claims.get(keyOf(label)) ?? []);
  const fitting = near.filter((claim) => hasLabels(labels, claim.labels));
  return fitting.toSorted((a, b) => a.place - b.place)[0]?.service;
}

function index(services: ServicesPolicy['services']): Claims {
  const claims = new Map<string, Claim[]>();
  for (const [place, [service, { labels: claimed }]] of Object.entries(services).entries()) {
    for (const labels of claimed) {
      const [first] = Object.entries(labels);
      // No labels at all are refused where policies are read: they would claim every alert there is.
      if (!first) continue;
      const key = keyOf(first);
      const others = claims.get(key);
      if (others) others.push({ service, place, labels });
      else claims.set(key, [{ service, place, labels }]);
    }
  }
  indexed.set(services, claims);
  return claims;
}

function keyOf([label, value]: readonly [string, string]): string {
  return JSON.stringify([label, value]);
}
