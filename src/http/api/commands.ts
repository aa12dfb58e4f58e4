import { isCommandName, sayCommandNames, type Said } from '../../../commands/by-name.ts';
import type { Actor } from '../../core/actor.ts';
import type { Once, Submitted } from '../../core/envelope.ts';
import type { Instant } from '../../core/time.ts';
import type { WireResponse } from '../wire.ts';
import { aboutCommands } from './about-commands.ts';
import type { ApiRoute } from './api-route.ts';
import { commandPath, statusOfTone, type CommandAnswer } from './command-shapes.ts';
import { guarded, type Doorkeeper } from './guard.ts';
import { readJsonBody } from './json-body.ts';
import { keyWasUsed, onceOf } from './once.ts';

/** Somebody asks for something by a name that is known; durable when it is answered. */
export type CarryOut = (command: {
  readonly name: string;
  readonly said: Said;
  readonly by: Actor;
  readonly once: Once | undefined;
}) => Promise<Submitted>;

/** `POST /api/v1/commands/{name}`: see `command-shapes.ts`. */
export function commandRoute(
  keeper: Doorkeeper & { readonly carryOut: CarryOut; readonly now: () => Instant },
): ApiRoute {
  return {
    method: 'POST',
    path: commandPath,
    about: aboutCommands(),
    handle: guarded(keeper, async (request, { token, actor }) => {
      const { name = '' } = request.params;
      if (!isCommandName(name)) {
        const error = `There is no command “${name.slice(0, 40)}”. ${sayCommandNames(name)}`;
        return { status: 404, json: { error } };
      }
      const read = readJsonBody(request);
      if ('refused' in read) return read.refused;
      const said = saidIn(read.body);
      if (!said) return { status: 400, json: { error: '“line” has to be a string, and stands alone.' } };
      const keyed = onceOf(request, token, keeper.now());
      if ('refused' in keyed) return keyed.refused;
      const { once } = keyed;
      return answered(await keeper.carryOut({ name, said, by: actor, once }), once);
    }),
  };
}

function saidIn(body: Readonly<Record<string, unknown>>): Said | undefined {
  if (!Object.hasOwn(body, 'line')) return { named: body };
  const { line } = body;
  return typeof line === 'string' && Object.keys(body).length === 1 ? { line } : undefined;
}

function answered({ answer, stream, repeated }: Submitted, once: Once | undefined): WireResponse {
  if (repeated !== undefined && repeated !== once?.request) return keyWasUsed();
  const { tone, title, lines } = answer;
  const json: CommandAnswer = { tone, title, lines, ...(stream !== undefined && { stream }) };
  return { status: statusOfTone[tone], json };
}
