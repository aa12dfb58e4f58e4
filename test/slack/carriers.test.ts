import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { answer } from '../../src/core/answer.ts';
import type { Carrier, EffectOf, EffectType, Errand } from '../../src/core/effect.ts';
import type { Postmortem } from '../../src/core/incident/postmortem.ts';
import type { Slack } from '../../src/sandbox/neighbours/slack.ts';
import { cardUrls } from '../../src/slack/card-url.ts';
import { slackCarriers } from '../../src/slack/carriers/index.ts';
import { storeId } from '../support/given.ts';
import { incident, operation, start } from './states.ts';
import { accessTo, clientsOf, incidents, startWorkspace } from './workspace.ts';

let slack: Slack;
let postmortem: Postmortem;

beforeEach(async () => {
  slack = await startWorkspace();
  postmortem = { title: 'Post-mortem of INC-3', sections: [{ heading: 'Summary', lines: ['All is well.'] }] };
});

afterEach(() => slack.close());

/** Carries an effect of INC-3 out as the engine would. */
async function carry<Type extends EffectType>(
  effect: EffectOf<Type> & { readonly type: Type },
  errand: Partial<Omit<Errand<Type>, 'effect'>> = {},
) {
  const carriers = slackCarriers({
    ...accessTo(slack),
    clients: clientsOf(slack),
    storeId,
    nameOf: (id) => (id === incidents ? '#incidents' : id),
    cardUrl: cardUrls(() => 'https://acme.slack.com/'),
    readPostmortem: async () => Promise.resolve(postmortem),
  });
  const carrier = carriers.find(({ types }) => (types as readonly string[]).includes(effect.type));
  return (carrier as unknown as Carrier<Type>).carry({
    id: 'INC-3/1.1',
    stream: 'INC-3',
    effect,
    state: incident(),
    attempt: 1,
    mayHaveHappened: false,
    receipt: {},
    overdue: false,
    now: start,
    signal: new AbortController().signal,
    ...errand,
  });
}

const card = { type: 'slack.card', conversation: incidents, severity: 'P1' } as const;
const line = (text: string, broadcast = false) =>
  ({ type: 'slack.thread', conversation: incidents, text, broadcast, severity: 'P1' }) as const;
const textsIn = (conversation: string) => slack.messages(conversation).map(({ text }) => text);

/** A card that is posted, and the state that knows it. */
async function withCard() {
  const posted = await carry(card);
  if (posted.status !== 'done') throw new Error(`no card: ${posted.status}`);
  const ts = posted.receipt['ts'] ?? '';
  return { ts, state: incident({ card: { conversation: incidents, ts } }) };
}

describe('the card', () => {
  test('is posted once, marked with its effect, and updated in place', async () => {
    const { ts, state } = await withCard();
    expect(slack.messages(incidents)).toMatchObject([
      {
        ts,
        text: expect.stringContaining('🟠 P1 INC-3'),
        metadata: { event_type: 'lastgood_effect', event_payload: { id: 'INC-3/1.1' } },
      },
    ]);
    const outcome = await carry(card, { id: 'INC-3/2.1', state: { ...state, severity: 'P0' } });
    expect(outcome).toEqual({ status: 'done', receipt: { ts, channel: incidents } });
    expect(textsIn(incidents)).toEqual([expect.stringContaining('🔴 P0 INC-3')]);
  });

  test('of an operation shows its plan', async () => {
    await carry(card, { id: 'OP-7/1.1', stream: 'OP-7', state: operation() });
    expect(textsIn(incidents)).toEqual([
      expect.stringContaining('OP-7: Roll back shop/stable 1.5.0 → 1.4.2'),
    ]);
  });

  test('is posted anew when somebody has deleted it', async () => {
    const state = incident({ card: { conversation: incidents, ts: '1700000000.000001' } });
    const outcome = await carry(card, { state });
    expect(outcome).toEqual({
      status: 'done',
      receipt: { ts: slack.messages(incidents)[0]?.ts, channel: incidents },
    });
  });

  test('whose answer was lost is found, and not posted again', async () => {
    slack.fail({ status: 502, applied: true, times: 1, path: 'chat.postMessage' });
    expect(await carry(card)).toEqual({ status: 'retry', why: 'Slack answered 502', mayHaveHappened: true });
    const outcome = await carry(card, { attempt: 2, mayHaveHappened: true });
    expect(outcome).toEqual({
      status: 'done',
      receipt: { ts: slack.messages(incidents)[0]?.ts, channel: incidents },
    });
    expect(slack.messages(incidents)).toHaveLength(1);
  });

  test('that was not posted after all is posted', async () => {
    await carry(card, { id: 'INC-2/1.1' });
    expect(await carry(card, { mayHaveHappened: true })).toMatchObject({ status: 'done' });
    expect(slack.messages(incidents)).toHaveLength(2);
  });

  test('goes out a second time rather than never, where the bot may not look', async () => {
    slack.fail({ error: 'missing_scope', path: 'conversations.history' });
    expect(await carry(card, { mayHaveHappened: true })).toMatchObject({ status: 'done' });
  });

  test('is not posted while the look-up itself fails', async () => {
    slack.fail({ status: 503, path: 'conversations.history' });
    expect(await carry(card, { mayHaveHappened: true })).toMatchObject({
      status: 'retry',
      mayHaveHappened: true,
    });
    expect(slack.messages(incidents)).toEqual([]);
  });

  test('may be updated twice without harm', async () => {
    const { state } = await withCard();
    slack.fail({ status: 502, applied: true, times: 1, path: 'chat.update' });
    expect(await carry(card, { state })).toEqual({
      status: 'retry',
      why: 'Slack answered 502',
      mayHaveHappened: false,
    });
  });
});

describe('a failure says whether to try again', () => {
  test('a rate limit: after the time that Slack names', async () => {
    slack.fail({ retryAfter: 7 });
    expect(await carry(card)).toEqual({
      status: 'retry',
      why: 'Slack asks us to slow down',
      after: 7_000,
      putOff: true,
      mayHaveHappened: false,
    });
  });

  test('trouble within Slack: it may have happened', async () => {
    slack.fail({ error: 'fatal_error' });
    expect(await carry(card)).toMatchObject({ status: 'retry', mayHaveHappened: true });
  });

  test('a Slack that nobody can reach: it cannot have happened', async () => {
    await slack.close();
    const outcome = await carry(card);
    slack = await startWorkspace();
    expect(outcome).toEqual({
      status: 'retry',
      why: 'Slack could not be reached (ECONNREFUSED)',
      mayHaveHappened: false,
    });
  });

  test.each([
    [
      'channel_not_found',
      'The bot is not in #incidents (channel_not_found): invite it there with /invite @lastgood',
    ],
    ['not_in_channel', 'The bot is not in #incidents (not_in_channel): invite it'],
    ['is_archived', '#incidents is archived'],
    ['token_revoked', 'set SLACK_BOT_TOKEN'],
    ['missing_scope', 'install it again with manifest.yml'],
    ['invalid_blocks', 'please report this'],
    ['something_new', 'Slack refuses it: something_new.'],
  ])('%s: not, and what to do instead', async (error, words) => {
    slack.fail({ error });
    expect(await carry(card)).toEqual({ status: 'failed', why: expect.stringContaining(words) });
  });

  test('a status that is no trouble of Slack: not', async () => {
    slack.fail({ status: 403 });
    expect(await carry(card)).toEqual({ status: 'failed', why: expect.stringContaining('SLACK_API_URL') });
  });
});

describe('a line of the timeline', () => {
  test('waits for its card', async () => {
    expect(await carry(line('opened'))).toEqual({
      status: 'retry',
      why: 'its card is not posted yet',
      after: 500,
      mayHaveHappened: false,
    });
    expect(slack.messages(incidents)).toEqual([]);
  });

  test('stands under it, with everything untrusted defused', async () => {
    const { ts, state } = await withCard();
    await carry(line('Alert firing: <!here> <https://evil.example|ok>', true), { id: 'INC-3/2.1', state });
    expect(slack.messages(incidents)[1]).toMatchObject({
      thread_ts: ts,
      text: 'Alert firing: &lt;!here&gt; &lt;https://evil.example|ok&gt;',
      blocks: [{ text: { type: 'plain_text', text: 'Alert firing: <!here> <https://evil.example|ok>' } }],
    });
  });

  test('whose answer was lost is found in the thread', async () => {
    const { state } = await withCard();
    slack.fail({ status: 502, applied: true, times: 1, path: 'chat.postMessage' });
    await carry(line('opened'), { id: 'INC-3/2.1', state });
    await carry(line('opened'), { id: 'INC-3/2.1', state, mayHaveHappened: true });
    expect(textsIn(incidents)).toEqual([expect.stringContaining('INC-3'), 'opened']);
  });
});

describe('a page', () => {
  const page = {
    type: 'page.slack',
    person: 'ana',
    to: 'U0ANA',
    text: 'P1 INC-3: broken',
    severity: 'P1',
  } as const;

  test('reaches a person as a direct message with a button', async () => {
    const outcome = await carry(page);
    expect(outcome).toEqual({
      status: 'done',
      receipt: { channel: 'D0ANA', ts: slack.messages('D0ANA')[0]?.ts, without_card: 'yes' },
    });
    expect(JSON.stringify(slack.messages('D0ANA')[0]?.blocks)).toContain('incident.acknowledge');
  });

  test('leads to the card, as soon as that is posted', async () => {
    await carry(page);
    const outcome = await carry(page, { id: 'INC-3/1.2', state: (await withCard()).state });
    expect(outcome).toMatchObject({ receipt: expect.not.objectContaining({ without_card: 'yes' }) });
    const [early, later] = slack.messages('D0ANA').map(({ blocks }) => JSON.stringify(blocks));
    const ts = slack.messages(incidents)[0]?.ts.replace('.', '');
    const url = `https://acme.slack.com/archives/${incidents}/p${ts}`;
    expect(early).toContain('The live card is in');
    expect(later).toContain(`<${url}|The live card> is in`);
  });

  test('whose answer was lost is found in the direct messages', async () => {
    slack.fail({ status: 502, applied: true, times: 1, path: 'chat.postMessage' });
    await carry(page);
    expect(await carry(page, { mayHaveHappened: true })).toMatchObject({ status: 'done' });
    expect(slack.messages('D0ANA')).toHaveLength(1);
  });

  test('whose answer was lost goes out at the third try where nobody can look: better two than none', async () => {
    slack.fail({ status: 503, path: 'conversations.history' });
    const tried = { mayHaveHappened: true };
    expect(await carry(page, { ...tried, attempt: 2 })).toMatchObject({ status: 'retry', ...tried });
    expect(slack.messages('D0ANA')).toEqual([]);
    expect(await carry(page, { ...tried, attempt: 3 })).toMatchObject({ status: 'done' });
    expect(slack.messages('D0ANA')).toHaveLength(1);
    expect(await carry(page, { ...tried, attempt: 4 })).toMatchObject({ status: 'retry', ...tried });
  });

  test('reaches a conversation', async () => {
    await carry({ ...page, person: undefined, to: incidents });
    expect(textsIn(incidents)).toEqual(['🟠 P1 INC-3: broken']);
  });
});

describe('the post-mortem', () => {
  const effect = { type: 'slack.postmortem', conversation: incidents } as const;
  const partsIn = () => textsIn(incidents).slice(1);

  beforeEach(() => {
    const lines = Array.from({ length: 300 }, (_, n) => `event ${n} ${'x'.repeat(70)}`);
    postmortem = { title: 'Post-mortem of INC-3', sections: [{ heading: 'Timeline', lines }] };
  });

  test('is posted in parts, in order, into the thread', async () => {
    const { ts, state } = await withCard();
    expect(await carry(effect, { state })).toMatchObject({ status: 'done', receipt: { parts: '3' } });
    expect(partsIn()).toEqual([1, 2, 3].map((n) => `📝 Post-mortem of INC-3 (${n} of 3)`));
    expect(slack.messages(incidents)[3]?.thread_ts).toBe(ts);
  });

  test('goes on behind the parts that are there, after a rate limit', async () => {
    const { state } = await withCard();
    const stop = slack.onChange(() => {
      if (slack.messages(incidents).length === 3) slack.fail({ retryAfter: 3, times: 1 });
    });
    const first = await carry(effect, { state });
    stop();
    expect(first).toMatchObject({ status: 'running', receipt: { parts: '2' }, again: 3_000 });
    const receipt = first.status === 'running' ? first.receipt : {};
    expect(await carry(effect, { state, receipt })).toMatchObject({
      status: 'done',
      receipt: { parts: '3' },
    });
    expect(partsIn()).toEqual([1, 2, 3].map((n) => `📝 Post-mortem of INC-3 (${n} of 3)`));
  });

  test('doubles no part whose answer was lost', async () => {
    const { state } = await withCard();
    const stop = slack.onChange(() => {
      if (slack.messages(incidents).length === 2) slack.fail({ status: 502, applied: true, times: 1 });
    });
    expect(await carry(effect, { state })).toMatchObject({ status: 'retry', mayHaveHappened: true });
    stop();
    expect(partsIn()).toHaveLength(2);
    expect(await carry(effect, { state, mayHaveHappened: true })).toMatchObject({ status: 'done' });
    expect(partsIn()).toEqual([1, 2, 3].map((n) => `📝 Post-mortem of INC-3 (${n} of 3)`));
  });
});

describe('an answer to a command', () => {
  const told = answer('refused', 'Cannot approve OP-7', 'Ana asked for it.');
  const replyTo = (url: string) => ({ type: 'slack.reply', reply: { url }, answer: told }) as const;
  const urlOfCommand = () => {
    const { body } = slack.payloadForCommand('U0ANA', incidents, '/rollback', '');
    return new URLSearchParams(body).get('response_url') ?? '';
  };

  test('is seen by the person alone', async () => {
    expect(await carry(replyTo(urlOfCommand()), { stream: '', state: undefined })).toEqual({
      status: 'done',
      receipt: {},
    });
    expect(slack.ephemerals('U0ANA')).toMatchObject([{ text: '⛔ Cannot approve OP-7. Ana asked for it.' }]);
    expect(slack.messages(incidents)).toEqual([]);
  });

  test('is given up when Slack takes no more', async () => {
    const url = urlOfCommand();
    for (let use = 0; use < 5; use += 1) await carry(replyTo(url));
    expect(await carry(replyTo(url))).toEqual({
      status: 'failed',
      why: 'Slack takes no more answers to this command',
    });
  });

  test('goes nowhere but to Slack', async () => {
    expect(await carry(replyTo('http://169.254.169.254/latest'))).toEqual({
      status: 'failed',
      why: 'the address for the answer does not belong to Slack',
    });
  });

  test.each([
    [
      { retryAfter: 4, path: 'response' },
      { status: 'retry', after: 4_000, mayHaveHappened: false },
    ],
    [
      { status: 500, path: 'response' },
      { status: 'retry', mayHaveHappened: true },
    ],
    [{ status: 302, path: 'response' }, { status: 'failed' }],
  ])('is tried again when that helps: %j', async (failure, outcome) => {
    const url = urlOfCommand();
    slack.fail(failure);
    expect(await carry(replyTo(url))).toMatchObject(outcome);
  });
});
