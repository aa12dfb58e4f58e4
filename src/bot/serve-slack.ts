import { interpret } from '../../commands/interpret.ts';
import type { Ask } from '../../commands/verb.ts';
import { answer } from '../core/answer.ts';
import type { Clock } from '../core/clock.ts';
import type { SubmitOptions } from '../core/envelope.ts';
import type { Policies } from '../core/policies/policies.ts';
import type { Engine } from '../engine/engine.ts';
import { NotNow } from '../engine/inbox.ts';
import type { PressedButton, SlackHandlers, TypedCommand } from '../slack/app.ts';
import { askOfClick } from '../slack/clicks.ts';
import { lookUpUser, type SlackClients, type Workspace } from '../slack/clients.ts';
import { readMark, type Home } from '../slack/store-mark.ts';
import { identify } from '../trust/slack-identity.ts';
import type { Asker, Desk } from './desk.ts';

/** What was asked for longer ago than this, while we were away, may be the last thing anybody wants now. */
const oldest = 10 * 60_000;

const tooOld = answer(
  'refused',
  'This came too late',
  'Lastgood was away when you asked. Look at the cards, and ask again if you still want it.',
);

/** What a person wants in Slack: who is it, afresh; what do they want; do it; tell them. */
export function serveSlack(parts: {
  readonly engine: Engine;
  readonly desk: Desk;
  readonly policies: () => Policies;
  readonly clock: Clock;
  readonly clients: SlackClients;
  readonly workspace: () => Promise<Workspace>;
  readonly home: Home;
  /** Aborts when Lastgood stops: whoever is still being looked up then is asked about at the next start. */
  readonly stopping: AbortSignal;
}): Omit<SlackHandlers, 'onMarked'> {
  const { engine, desk, policies, clock, clients, workspace, home, stopping } = parts;

  async function serve(
    from: TypedCommand | PressedButton,
    read: (asker: Asker) => Ask | Promise<Ask>,
  ): Promise<void> {
    const options: SubmitOptions = {
      settles: from.inboxId,
      ...(from.responseUrl === undefined ? {} : { reply: { url: from.responseUrl } }),
    };
    if (clock.now() - from.at > oldest) return void (await engine.answerOnly(tooOld, options));
    const { teamId, enterpriseId, wholeEnterprise } = await workspace();
    const identified = identify({
      userId: from.userId,
      team: teamId,
      enterprise: wholeEnterprise ? enterpriseId : undefined,
      lookUp: () => lookUpUser(clients.interaction, from.userId),
      roster: policies().roster,
      via: 'slack',
    });
    const who = await unlessStopping(identified, stopping);
    if ('refused' in who) return void (await engine.answerOnly(who.refused, options));
    const asker = { by: who.actor, at: clock.now(), policies: policies() };
    await desk.carryOut(await read(asker), asker, options);
  }

  return {
    onCommand: (typed) =>
      serve(typed, (asker) =>
        desk.understand(asker, (asking) => interpret(typed.command.slice(1), typed.text, asking)),
      ),
    onClick: (pressed) =>
      serve(pressed, () => {
        const read = readMark(pressed.value, home);
        return 'refused' in read ? read.refused : askOfClick({ ...pressed, ...read });
      }),
  };
}

/**
 * A Slack that hangs would hold up the stop until the look-up is given up, and then whoever asked would be turned away.
 * @throws NotNow
 */
export function unlessStopping<T>(lookUp: Promise<T>, stopping: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = (): void => reject(new NotNow('Lastgood is stopping'));
    if (stopping.aborted) leave();
    stopping.addEventListener('abort', leave, { once: true });
    void lookUp.then(resolve, reject).finally(() => stopping.removeEventListener('abort', leave));
  });
}
