import type { AnyCarrier, Carrier } from '../core/effect.ts';
import { scrubber, type Secret } from '../trust/secrets.ts';

/**
 * What a carrier reports goes into the store, onto cards and into timelines, and it may quote what the other side
 * said: this is the last pass over it.
 */
export function scrubbed(carrier: AnyCarrier, secrets: readonly Secret[]): AnyCarrier {
  const scrub = scrubber(secrets);
  // Each carrier is still only handed errands of its own types, which the types cannot follow over a union.
  const whole = carrier as unknown as Carrier;
  const scrubbing: Carrier = {
    types: whole.types,
    carry: async (errand) => {
      try {
        const outcome = await whole.carry(errand);
        return JSON.parse(scrub(JSON.stringify(outcome))) as typeof outcome;
      } catch (error) {
        const words = error instanceof Error ? error.message : String(error);
        throw new Error(scrub(words), { cause: error });
      }
    },
  };
  return scrubbing as unknown as AnyCarrier;
}
