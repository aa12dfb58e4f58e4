import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { answer } from '../../src/core/answer.ts';
import { refuseBlocks } from '../../src/sandbox/neighbours/block-kit.ts';
import { answerMessage } from '../../src/slack/views/answer.ts';
import type { View } from '../../src/slack/views/blocks.ts';
import { incidentCard } from '../../src/slack/views/incident-card.ts';
import { pageMessage } from '../../src/slack/views/page-message.ts';
import { planCard } from '../../src/slack/views/plan-card.ts';
import { postmortemMessages } from '../../src/slack/views/postmortem.ts';
import { cut, link, mrkdwn, plain, shown } from '../../src/slack/views/text.ts';
import { threadLine } from '../../src/slack/views/thread-line.ts';
import { read } from './read-view.ts';
import { ana, incident, minute, operation, start, step } from './states.ts';

const now = start + minute;
const at = (minutes: number): number => start + minutes * minute;

describe('the incident card', () => {
  test('says first what a woken person needs', () => {
    expect(read(incidentCard(incident(), now))).toMatchInlineSnapshot(`
      "
      header: 🟠 P1 Checkout fails for 8 % of customers
      section: *INC-3* · *Checkout* on *shop/stable* · since 03:04
        *Nobody has it yet.*
      section: *Live*
        1.5.0, went live 12m before this
        *Last good*
        1.4.2
        *Paged*
        Ana Ruiz (PagerDuty, Slack)
        2 of 3 pages delivered
        *Next*
        rung 2 of 3 at 03:09: secondary on call, #incidents
      section: *1 firing*
        • CheckoutErrors — 5xx at 8 % for 3m
      context: 🔗 <https://grafana.example/a|Alert>
      actions: [Acknowledge primary] [Roll back to 1.4.2 danger confirm] [Resolve confirm] [Raise to P0 confirm]
      "
    `);
  });

  test('says who has it, and what was missed', () => {
    const acknowledged = incident({
      status: 'acknowledged',
      acknowledged: { by: 'Ana Ruiz', person: 'ana', at: at(20), expiresAt: at(50) },
      missedClocks: ['acknowledge_within'],
      operations: { 'OP-7': 'running' },
      severity: 'P0',
    });
    expect(read(incidentCard(acknowledged, at(21)))).toMatchInlineSnapshot(`
      "
      header: 🔴 P0 Checkout fails for 8 % of customers
      section: *INC-3* · *Checkout* on *shop/stable* · since 03:04
        *Ana Ruiz* has it since 03:24.
      section: *Live*
        1.5.0, went live 12m before this
        *Last good*
        1.4.2
        *Paged*
        Ana Ruiz (PagerDuty, Slack)
        2 of 3 pages delivered
      section: *OP-7* ▶️ is running
      section: *1 firing*
        • CheckoutErrors — 5xx at 8 % for 3m
      context: 🔗 <https://grafana.example/a|Alert>
      context: ⏰ Missed: acknowledge within 15m
      actions: [Resolve confirm]
      "
    `);
  });

  test('says until when an acknowledgement holds', () => {
    const acknowledged = { by: 'Ana Ruiz', person: 'ana', at: at(20), expiresAt: at(50) };
    expect(read(incidentCard(incident({ status: 'acknowledged', acknowledged }), at(21)))).toContain(
      '*Ana Ruiz* has it since 03:24; without news the ladder goes on at 03:54.',
    );
  });

  test('offers to resolve when all is quiet', () => {
    const cleared = incident({ cleared: true, firing: {}, alertsResolved: 1, nextCall: undefined });
    expect(read(incidentCard(cleared, now))).toMatchInlineSnapshot(`
      "
      header: 🟠 P1 Checkout fails for 8 % of customers
      section: *INC-3* · *Checkout* on *shop/stable* · since 03:04
        *Nobody has it yet.* All alerts are resolved; resolve when you are satisfied.
      section: *Live*
        1.5.0, went live 12m before this
        *Last good*
        1.4.2
        *Paged*
        Ana Ruiz (PagerDuty, Slack)
        2 of 3 pages delivered
      actions: [Acknowledge] [Roll back to 1.4.2 danger confirm] [Resolve primary] [Raise to P0 confirm]
      "
    `);
  });

  test('has no buttons after the end', () => {
    const resolved = incident({
      status: 'resolved',
      resolved: { by: 'Ana Ruiz', at: at(27), reason: 'rolled back' },
      suspect: { live: '1.4.2', liveSince: at(9), lastGood: '1.3.9' },
      operations: { 'OP-7': 'done' },
      nextCall: undefined,
    });
    expect(read(incidentCard(resolved, at(27)))).toMatchInlineSnapshot(`
      "
      header: ✅ P1 Checkout fails for 8 % of customers
      section: *INC-3* · *Checkout* on *shop/stable* · since 03:04
        Resolved by *Ana Ruiz* at 03:31, after 27m: rolled back
      section: *Live*
        1.4.2, live since 03:13
        *Paged*
        Ana Ruiz (PagerDuty, Slack)
        2 of 3 pages delivered
      section: *OP-7* ✅ is done
      context: The post-mortem is in the thread.
      "
    `);
  });

  test('counts the alerts that it does not show', () => {
    const alert = { summary: '', severity: 'P2', url: undefined } as const;
    const firing = Object.fromEntries(
      [1, 2, 3, 4, 5, 6, 7].map((n) => [n, { ...alert, title: `Alert ${n}` }]),
    );
    const text = read(incidentCard(incident({ firing, alertsResolved: 2 }), now));
    expect(text).toContain('*7 firing*, 2 resolved\n  • Alert 1');
    expect(text).toContain('• Alert 5\n  +2 more');
    expect(text).not.toContain('Alert 6');
  });

  test('leads to where the alerts can be looked at, and to nothing that is no page', () => {
    const fired = { summary: '', severity: 'P1', source: 'grafana' } as const;
    const firing = {
      a: { ...fired, title: 'Slow <!channel>', url: 'https://grafana.example/a?b=1&c=|2' },
      b: { ...fired, title: 'Down', url: 'javascript:alert(1)', runbook: 'https://wiki.example/down' },
      c: { ...fired, title: 'Long', url: `https://grafana.example/${'x'.repeat(1_500)}` },
    };
    const text = read(incidentCard(incident({ firing }), now));
    expect(text).toContain('<https://grafana.example/a?b=1&amp;c=%7C2|Slow &lt;!channel&gt; in Grafana>');
    expect(text).toContain('<https://wiki.example/down|Runbook of Down>');
    expect(text).not.toContain('<javascript');
    expect(text).not.toContain('x'.repeat(300));
  });

  test('says which severities it had to guess', () => {
    const unknownSeverities = [{ word: 'P9', takenAs: 'P2' }] as const;
    expect(read(incidentCard(incident({ unknownSeverities }), now))).toContain(
      'context: ⚠️ Severity “P9” is not known here, taken as P2; map it in severity.yml.',
    );
  });

  test('names the last resort, when the ladder is at its end', () => {
    const text = read(incidentCard(incident({ nextCall: { rung: 4, round: 2, at: at(60) } }), now));
    expect(text).toContain('last resort at 04:04: the last rung again');
  });

  test.each([
    ['a rollback waits', { operations: { 'OP-7': 'open' } }],
    ['a rollback is done', { operations: { 'OP-7': 'done' } }],
    ['nothing good is known', { suspect: { live: '1.5.0', liveSince: start, lastGood: undefined } }],
    ['nothing is known to be live', { suspect: undefined }],
  ] as const)('offers no rollback while %s', (_name, changes) => {
    expect(read(incidentCard(incident(changes), now))).not.toContain('[Roll back');
  });

  test.each([
    ['something has deployed the bad release again', { cameBy: 'deploy' }],
    ['a promotion of the repair has failed', { promotion: { version: '1.5.1', isOver: true } }],
  ] as const)('offers a rollback again after one was done, when %s', (_name, changes) => {
    const suspect = { live: '1.5.0', liveSince: at(30), lastGood: '1.4.2', ...changes };
    const text = read(incidentCard(incident({ operations: { 'OP-7': 'done' }, suspect }), at(40)));
    expect(text).toContain('*Last good*\n  1.4.2');
    expect(text).toContain('[Roll back to 1.4.2 danger confirm]');
  });

  test('says before it is resolved that alerts still fire, only when they do', () => {
    const asks = (changes: Parameters<typeof incident>[0]): string =>
      JSON.stringify(incidentCard(incident(changes), now).blocks);
    expect(asks({})).toContain(
      'Alerts are still firing. The ladder stops; but when monitoring says again that they fire, a new incident opens and pages people.',
    );
    expect(asks({ declared: true, firing: {} })).toContain(
      'Nobody will be paged for it any more, and the post-mortem is written.',
    );
    expect(asks({ declared: true, firing: {} })).not.toContain('still firing');
  });

  test('names everybody who was paged so far', () => {
    const paged = [
      { name: 'Ana Ruiz', by: 'mail' },
      { name: 'Ana Ruiz', by: 'slack' },
      { name: 'Ben Okafor', by: 'slack' },
    ] as const;
    expect(read(incidentCard(incident({ paged }), now))).toContain(
      '*Paged*\n  Ana Ruiz (mail, Slack), Ben Okafor (Slack)\n',
    );
  });

  test('offers a rollback again after one has failed', () => {
    const text = read(incidentCard(incident({ operations: { 'OP-7': 'failed' } }), now));
    expect(text).toContain('[Roll back to 1.4.2 danger confirm]');
  });
});

describe('the plan card', () => {
  test('says what will be done and who may say yes', () => {
    expect(read(planCard(operation(), at(4)))).toMatchInlineSnapshot(`
      "
      header: ⏪ Roll back shop/stable 1.5.0 → 1.4.2
      section: 🖐️ *Waits for approval*, 0 of 1 so far, until 03:22
        May approve: anybody with the role approver or lead, except Ana Ruiz.
      section: *From → to*
        1.5.0 → 1.4.2
        *Reason*
        5xx on checkout since the release
        *Asked by*
        Ana Ruiz (slack) at 03:07
        *Incident*
        INC-3
      section: ⚪ 1. *Deploy 1.4.2* · github-workflow, target 2m
        ⚪ 2. *Check that it is well* · health, target 1m
        ⚪ 3. *Archive 1.5.0 in Sentry* · sentry-release, target 10s
      context: OP-7 · plan 0123456789abcdef
      actions: [Approve primary confirm] [Reject danger] [Withdraw]
      "
    `);
  });

  test('says for which of several open incidents it is', () => {
    expect(read(planCard(operation({ besides: ['INC-2'] }), now))).toContain(
      '*Incident*\n  INC-3 (INC-2 is open on shop/stable, too)\n',
    );
  });

  test('shows how far it is', () => {
    const running = operation({
      status: 'running',
      approvals: [{ person: 'ben', name: 'Ben Okafor', by: ana, at: at(5) }],
      begunAt: at(5),
      steps: [
        step({
          status: 'done',
          startedAt: at(5),
          endedAt: at(6.5),
          note: 'run 4711 succeeded',
          url: 'https://github.example/shop/runs/4711',
        }),
        step({ status: 'running', startedAt: at(6.5) }),
        step(),
      ],
    });
    expect(read(planCard(running, at(7)))).toMatchInlineSnapshot(`
      "
      header: ⏪ Roll back shop/stable 1.5.0 → 1.4.2
      section: ▶️ *Running* since 03:09, 1 of 3 steps done.
      section: *From → to*
        1.5.0 → 1.4.2
        *Reason*
        5xx on checkout since the release
        *Asked by*
        Ana Ruiz (slack) at 03:07
        *Incident*
        INC-3
      section: ✅ 1. *Deploy 1.4.2* · github-workflow, took 1m 30s of 2m · run 4711 succeeded · <https://github.example/shop/runs/4711|open>
        ⏳ 2. *Check that it is well* · health, target 1m
        ⚪ 3. *Archive 1.5.0 in Sentry* · sentry-release, target 10s
      context: 👍 Approved by *Ben Okafor* at 03:09
      context: OP-7 · plan 0123456789abcdef
      actions: [Abort danger confirm]
      "
    `);
    expect(read(planCard({ ...running, aborting: 'Ben Okafor' }, at(7)))).toContain(
      '🛑 *Ben Okafor* asked to stop',
    );
    // What only records it runs to its end; held by a freeze, it would keep the channel.
    const verified = { ...running, verified: true };
    expect(read(planCard(verified, at(7)))).not.toContain('[Abort');
    expect(read(planCard({ ...verified, held: 2 }, at(7)))).toContain('[Abort danger confirm]');
  });

  test('lets a person say how an unknown outcome ended', () => {
    const unknown = operation({ status: 'unknown', why: 'Deploy 1.4.2: GitHub lost the run.' });
    expect(read(planCard(unknown, at(7)))).toMatchInlineSnapshot(`
      "
      header: ⏪ Roll back shop/stable 1.5.0 → 1.4.2
      section: ❓ *Nobody knows how it ended.* Deploy 1.4.2: GitHub lost the run.
        The channel stays locked until somebody has looked and says so below.
      section: *From → to*
        1.5.0 → 1.4.2
        *Reason*
        5xx on checkout since the release
        *Asked by*
        Ana Ruiz (slack) at 03:07
        *Incident*
        INC-3
      section: ⚪ 1. *Deploy 1.4.2* · github-workflow, target 2m
        ⚪ 2. *Check that it is well* · health, target 1m
        ⚪ 3. *Archive 1.5.0 in Sentry* · sentry-release, target 10s
      context: OP-7 · plan 0123456789abcdef
      section: 1.4.2 is live on shop/stable and healthy.
        [It is live confirm]
      section: 1.4.2 is not live on shop/stable.
        [It failed confirm]
      "
    `);
  });

  test.each([
    ['done', 'Rolled back and verified.', '✅ *Done.* Rolled back and verified. It took 3m.'],
    ['failed', 'Deploy 1.4.2: the run failed.', '❌ *Failed.* Deploy 1.4.2: the run failed.'],
    ['rejected', 'Rejected by Ben.', '🚫 Rejected by Ben. Nothing was changed.'],
    ['withdrawn', 'Withdrawn by Ana.', '🚫 Withdrawn by Ana. Nothing was changed.'],
    ['expired', 'Nobody approved in time.', '⌛ *Expired.* Nobody approved in time. Nothing was changed.'],
    ['void', 'The channel has moved.', '🚫 *Void.* The channel has moved. Nothing was changed.'],
  ] as const)('when %s, it says why and has no buttons', (status, why, banner) => {
    const done = step({ status: 'done' });
    const ended = operation({ status, why, steps: [done, done, done], begunAt: at(5), endedAt: at(8) });
    const text = read(planCard(ended, at(9)));
    expect(text).toContain(banner);
    expect(text).not.toContain('[');
  });

  test('warns when the release is back but somebody was not told', () => {
    const done = step({ status: 'done' });
    const steps = [done, done, step({ status: 'failed', note: 'Sentry answered 503' })];
    const why = 'Rolled back and verified, but not done: Archive 1.5.0 in Sentry.';
    const text = read(planCard(operation({ status: 'done', why, steps }), at(9)));
    expect(text).toContain('⚠️ *Done.* Rolled back and verified, but not done: Archive 1.5.0 in Sentry.');
    expect(text).toContain('❌ 3. *Archive 1.5.0 in Sentry*');
  });

  test('counts the steps that it does not show', () => {
    const { plan } = operation();
    const many = Array.from({ length: 14 }, () => plan.steps).flat();
    expect(read(planCard(operation({ plan: { ...plan, steps: many } }), now))).toContain('+32 more steps');
  });
});

const page = {
  type: 'page.slack',
  person: 'ana',
  to: 'U0ANA',
  text: 'P1 INC-3: broken',
  severity: 'P1',
} as const;

test('a page to a person can be taken at once', () => {
  expect(read(pageMessage(page, incident()))).toMatchInlineSnapshot(`
    "
    header: 📟 P1 Checkout fails for 8 % of customers
    section: 🟠 You are called for *INC-3*: *Checkout* on *shop/stable*.
    section: • CheckoutErrors — 5xx at 8 % for 3m
    context: 🔗 <https://grafana.example/a|Alert>
    section: *Live*
      1.5.0, for 12m when this began
      *Last good*
      1.4.2
    actions: [Acknowledge primary]
    context: The live card is in <#C0INCIDENTS>.
    "
  `);
});

test('a page says what to type to go back', () => {
  const goBack = '/rollback stable 1.4.2 <reason>';
  expect(read(pageMessage({ ...page, goBack }, incident()))).toContain(
    'section: To go back: `/rollback stable 1.4.2 &lt;reason&gt;`\nactions: [Acknowledge primary]',
  );
});

test('a page leads to the card once that is posted, and to the alert', () => {
  const url = 'https://acme.slack.com/archives/C0INCIDENTS/p1763780642000100';
  const early = { what: 'conversation', url: 'https://acme.slack.com/archives/C0INCIDENTS' } as const;
  const shout = { ...page, person: undefined };
  const text = read(pageMessage(page, incident(), { what: 'card', url }));
  expect(text).toContain(`context: <${url}|The live card> is in <#C0INCIDENTS>.`);
  expect(text).toContain('context: 🔗 <https://grafana.example/a|Alert>');
  expect(read(pageMessage(page, incident(), early))).toContain(
    'context: The live card is in <#C0INCIDENTS>.',
  );
  expect(read(pageMessage(shout, incident(), { what: 'card', url }))).toBe(
    `\nsection: 🟠 *P1 INC-3: broken* · <${url}|To its card>\n`,
  );
  expect(read(pageMessage(shout, incident(), early))).toContain(`<${early.url}|To its conversation>`);
});

test('a page to a conversation is a shout', () => {
  expect(read(pageMessage({ ...page, person: undefined }, incident()))).toBe(
    '\nsection: 🟠 *P1 INC-3: broken*\n',
  );
});

test('a shout may say more below, of which Slack makes nothing live', () => {
  const lines = ['• roster.yml:7:3  found "<!channel>"', 'Correct it and save.'];
  const { blocks } = pageMessage({ ...page, person: undefined, lines }, undefined);
  expect(blocks[1]).toEqual({
    type: 'section',
    text: expect.objectContaining({ type: 'plain_text', text: lines.join('\n') }),
  });
});

test('a line that concerns somebody rings, and names them once they are in no roster', () => {
  const line = 'Acknowledged by Ben, who takes it over from Ana <Ruiz>';
  expect(read(threadLine(line, { slack: 'U0ANA', name: 'Ana <Ruiz>' }))).toBe(
    '\nsection: <@U0ANA>: Acknowledged by Ben, who takes it over from Ana &lt;Ruiz&gt;\n',
  );
  expect(read(threadLine(line, { slack: undefined, name: 'Ana <Ruiz>' }))).toMatch(
    /^\nsection: Ana &lt;Ruiz&gt;: Ack/,
  );
});

test('an answer says how it went, then the details', () => {
  const told = answer('refused', 'Cannot approve OP-7', 'Ana asked for it.', 'Ask Ben.');
  expect(read(answerMessage(told))).toBe(
    '\nsection: ⛔ *Cannot approve OP-7*\nsection: Ana asked for it.\n  Ask Ben.\n',
  );
});

test('a long answer says how much is left out', () => {
  const lines = Array.from({ length: 100 }, (_, n) => `line ${n} ${'x'.repeat(200)}`);
  expect(read(answerMessage(answer('info', 'All', ...lines)))).toMatch(/… and 61 more lines\n$/);
});

test('a long post-mortem goes out in several messages, with nothing left out', () => {
  const lines = Array.from({ length: 300 }, (_, n) => `event ${n} ${'x'.repeat(100)}`);
  const messages = postmortemMessages({ title: 'Post-mortem', sections: [{ heading: 'Timeline', lines }] });
  const text = messages.map(read).join('');
  expect(messages.map(({ text }) => text)).toContain(`📝 Post-mortem (1 of ${messages.length})`);
  expect(text.match(/event \d+/g)).toEqual(lines.map((line) => /event \d+/.exec(line)?.[0]));
});

describe('untrusted text', () => {
  test('is escaped, kept to one line and cut where it stands in markup', () => {
    expect(mrkdwn`*${'a <!here> & <https://x|y>\n*b*'}*`.markup).toBe(
      '*a &lt;!here&gt; &amp; &lt;https://x|y&gt; *b**',
    );
    expect(shown('<<<<', 9).markup).toBe('&lt;&lt;…');
    expect(cut('🙂🙂🙂', 4)).toBe('🙂…');
    expect(cut('abc', 3)).toBe('abc');
  });

  test('loses what could disguise it', () => {
    expect(plain('a\u202eb\u2066c\u200ed\u0000e\u009bf\ud800g\r\nh', 50)).toBe('abcdef\ufffdg\nh');
  });

  test('becomes a link only as the http address that an executor named', () => {
    expect(link('https://ci.example/run?a=1&b=|<x>', 'open').markup).toBe(
      '<https://ci.example/run?a=1&amp;b=%7C%3Cx%3E|open>',
    );
    expect(link('javascript:alert(1)', 'open').markup).toBe('javascript:alert(1)');
    expect(link('<!channel>', 'open').markup).toBe('&lt;!channel&gt;');
  });
});

/** Markup, mentions, links, bidi controls, half characters, entities, and a lot of it. */
const nasty = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '<!here>',
        '<!channel|x>',
        '<@U0ANA>',
        '<#C0X>',
        '<http://evil.example|ok>',
        '<!date^1^{time}|x>',
      ),
      fc.constantFrom(
        '&lt;!here&gt;',
        '&',
        '<',
        '>',
        '|',
        '*',
        '`',
        '\n',
        '\u202e',
        '\ud83d',
        '\u0000',
        '🙂',
      ),
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.nat(4_000).map((length) => '<'.repeat(length)),
    ),
    { maxLength: 8 },
  )
  .map((parts) => parts.join(''));

describe('whatever comes in', () => {
  const views = fc.tuple(nasty, nasty, nasty, fc.nat(30)).map(([a, b, c, many]): readonly View[] => {
    const firing = Object.fromEntries(
      Array.from({ length: many }, (_, n) => [
        n,
        { title: a, summary: b, severity: 'P1' as const, url: c, runbook: `https://${b}`, source: 'grafana' },
      ]),
    );
    const acknowledged = { by: b, person: b, at: start, expiresAt: now };
    const lastCall = {
      rung: 1,
      round: 1,
      pages: Array.from({ length: many }, () => ({ person: a, name: b, by: 'mail' as const, to: [c] })),
    };
    // No longer text than this is ever taken for a version.
    const suspect = { live: a.slice(0, 128), liveSince: start, lastGood: b.slice(0, 128) };
    const unknownSeverities = [{ word: a.slice(0, 40), takenAs: 'P2' as const }];
    const base = incident({ title: a, serviceTitle: b, firing, lastCall, suspect, unknownSeverities });
    const { plan } = operation();
    const [first] = plan.steps;
    const steps = Array.from({ length: many }, () => ({ ...first!, title: a, uses: b }));
    const approvals = Array.from({ length: 5 }, () => ({ person: a, name: b, by: ana, at: start }));
    const op = operation({
      plan: { ...plan, from: a, to: b, reason: c, app: a, channel: b, steps },
      steps: steps.map(() => step({ note: c, url: c })),
      requestedBy: { kind: 'person', person: a, name: b, roles: [], via: 'slack' },
      approvals,
      why: c,
      aborting: a,
    });
    return [
      incidentCard(base, now),
      incidentCard({ ...base, status: 'acknowledged', acknowledged }, now),
      incidentCard({ ...base, status: 'resolved', resolved: { by: a, at: now, reason: c } }, now),
      ...(['awaiting-approval', 'running', 'done', 'failed', 'unknown', 'expired'] as const).map((status) =>
        planCard({ ...op, status }, now),
      ),
      pageMessage({ ...page, text: a }, base),
      pageMessage({ ...page, text: a, goBack: b }, base, { what: 'card', url: `https://${c}` }),
      pageMessage({ ...page, text: a, person: undefined }, base),
      pageMessage({ ...page, text: a, person: undefined, lines: [b, c] }, base),
      answerMessage({ tone: 'info', title: a, lines: Array.from({ length: many }, () => b) }),
      threadLine(a),
      threadLine(a, { slack: undefined, name: b }),
      ...postmortemMessages({
        title: a,
        sections: Array.from({ length: many }, () => ({ heading: b, lines: [a, b, c] })),
      }),
    ];
  });

  test("Slack's limits hold", () => {
    fc.assert(
      fc.property(views, (all) => {
        for (const { text, blocks } of all) {
          expect(refuseBlocks(blocks)).toBeUndefined();
          expect(text.length).toBeLessThanOrEqual(500);
        }
      }),
      { numRuns: 60 },
    );
  });

  test('no mention, link or date of theirs is live', () => {
    fc.assert(
      fc.property(views, (all) => {
        for (const view of all) {
          for (const text of interpreted(view)) {
            // What is ours: dates with our format, the conversation of the card, links of executors and alerts.
            const theirs = text
              .replace(
                /<!date\^\d+\^(?:\{date_short_pretty\} )?\{time\}\|\d{4}-\d\d-\d\d \d\d:\d\d UTC>/g,
                '',
              )
              .replace('<#C0INCIDENTS>', '')
              .replace(/<https?:[^<>|\s]+\|[^<>]+>/g, '');
            expect(theirs).not.toMatch(/[<>]/);
            expect(theirs).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/);
          }
        }
      }),
      { numRuns: 60 },
    );
  });
});

/** Every text that Slack interprets: the fallback, and mrkdwn elements, which must also forbid links of Slack's own. */
function interpreted({ text, blocks }: View): readonly string[] {
  const elements: object[] = [];
  const walk = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    if ('type' in value && value.type === 'mrkdwn') elements.push(value);
    Object.values(value).forEach(walk);
  };
  walk(blocks);
  expect(elements.filter((element) => !('verbatim' in element))).toEqual([]);
  return [text, ...elements.map((element) => ('text' in element ? String(element.text) : ''))];
}
