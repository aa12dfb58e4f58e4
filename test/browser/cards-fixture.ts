import type { Block } from '../../src/sandbox/neighbours/block-kit.ts';

export type PlanState = { readonly kind: 'waiting' } | { readonly kind: 'done'; readonly by: string };

const mrkdwn = (text: string): Block => ({ type: 'mrkdwn', text });
const plain = (text: string): Block => ({ type: 'plain_text', text, emoji: true });
const date = (at: number): string =>
  `<!date^${Math.floor(at / 1000)}^{time_secs}|${new Date(at).toISOString().slice(11, 19)} UTC>`;

export function incidentCard(incident: {
  readonly at: number;
  readonly state: 'open' | 'acknowledged' | 'resolved';
  readonly rung: number;
  readonly live: string;
}): readonly Block[] {
  const { at, state, rung, live } = incident;
  const next = rung === 0 ? `Dana, ${date(at + 300_000)}` : `everybody, ${date(at + 600_000)}`;
  const buttons = [
    ...(state === 'open' ? [button('Acknowledge', 'acknowledge', 'primary')] : []),
    ...(state === 'resolved' ? [] : [button('Roll back…', 'roll-back')]),
    ...(state === 'resolved'
      ? []
      : [
          {
            ...button('Resolve', 'resolve'),
            confirm: {
              title: plain('Resolve INC-12?'),
              text: mrkdwn('Its clocks stop and the *post-mortem* is written into the thread.'),
              confirm: plain('Resolve'),
              deny: plain('Not yet'),
            },
          },
        ]),
  ];
  return [
    { type: 'header', text: plain(`P0 · Checkout answers 5xx`) },
    {
      type: 'section',
      fields: [
        mrkdwn(`*State*\n${state === 'open' ? 'nobody has acknowledged' : state}`),
        mrkdwn('*Service*\ncheckout'),
        mrkdwn(`*Release channel*\nshop/stable, live \`${live}\``),
        mrkdwn(state === 'open' ? `*Paged next*\n${next}` : '*Lead*\n<@U0ANA>'),
      ],
    },
    ...(buttons.length > 0 ? [{ type: 'actions', elements: buttons }] : []),
    { type: 'context', elements: [mrkdwn(`INC-12 · since ${date(at)} · 3 alerts`)] },
  ];
}

export function planCard(
  state: PlanState,
  asked: { readonly by: string; readonly reason: string; readonly at: number },
): readonly Block[] {
  const mark = state.kind === 'done' ? ':white_check_mark:' : ':white_circle:';
  return [
    { type: 'header', text: plain('Roll shop/stable back: 1.5.0 → 1.4.2') },
    { type: 'section', text: mrkdwn(`<@${asked.by}> asks: ${asked.reason}`) },
    {
      type: 'section',
      text: mrkdwn(
        [
          `${mark}  *Run the rollback workflow*  _github-workflow, 3m_`,
          `${mark}  *Check the health*  _liveness and readiness, 2m_`,
          `${mark}  *Archive 1.5.0*  _sentry-release, 30s_`,
        ].join('\n'),
      ),
    },
    ...(state.kind === 'waiting'
      ? [
          {
            type: 'actions',
            elements: [
              {
                ...button('Approve', 'approve', 'primary'),
                value: 'OP-7:9f2c',
                accessibility_label: 'Approve OP-7',
                confirm: {
                  title: plain('Approve OP-7?'),
                  text: mrkdwn('*shop/stable* goes from `1.5.0` back to `1.4.2` at once.'),
                  confirm: plain('Approve'),
                  deny: plain('Cancel'),
                },
              },
              button('Reject', 'reject', 'danger'),
            ],
          },
          {
            type: 'context',
            elements: [
              mrkdwn(
                `One approval by an approver or a lead, not by <@${asked.by}> · until ${date(asked.at + 900_000)}`,
              ),
            ],
          },
        ]
      : [
          {
            type: 'context',
            elements: [
              mrkdwn(`Approved by <@${state.by}> · verified · <http://127.0.0.1:4000/runs/4711|run 4711>`),
            ],
          },
        ]),
  ];
}

export function postMortem(by: string): readonly Block[] {
  return [
    { type: 'header', text: plain('Post-mortem: INC-12 Checkout answers 5xx') },
    {
      type: 'section',
      text: mrkdwn(
        '*Summary*\nOne payment in three failed on shop/stable after 1.5.0. Rolled back to `1.4.2`, verified, and 1.5.0 archived in Sentry.',
      ),
    },
    {
      type: 'section',
      text: mrkdwn(
        `*Timeline*\n\`14:02:11\` alert: checkout-5xx, P0\n\`14:02:11\` paged <@U0ANA> by PagerDuty\n\`14:07:11\` not acknowledged; paged <@U0DANA>\n\`14:08:30\` <@U0ANA> asked for 1.4.2\n\`14:08:41\` refused: self-approval\n\`14:09:02\` <@U0BEN> approved OP-7\n\`14:11:40\` verified\n\`14:12:20\` resolved by <@${by}>`,
      ),
    },
    { type: 'divider' },
    { type: 'section', text: mrkdwn('*What went well?*\n> answer in this thread') },
  ];
}

function button(text: string, actionId: string, style?: 'primary' | 'danger'): Block {
  return {
    type: 'button',
    text: plain(text),
    action_id: actionId,
    value: 'INC-12',
    ...(style !== undefined && { style }),
  };
}
