import { expect, it } from 'vitest';
import { createRenderer } from '../../src/sandbox/page/rendered-message.ts';
import type { Block } from '../../src/sandbox/neighbours/block-kit.ts';

const render = createRenderer();
const names = { users: [{ id: 'U1', name: 'Ana' }], channels: [{ id: 'C1', name: 'incidents' }] };

const text = (value: string): Block => ({ type: 'plain_text', text: value });
const button = (label: string, more: object): Block => ({ type: 'button', text: text(label), ...more });
const section = (mrkdwn: string, more = {}): Block => ({
  type: 'section',
  text: { type: 'mrkdwn', text: mrkdwn },
  ...more,
});

it('keeps what the library drops of a button, in the order in which buttons are drawn', () => {
  const { html, buttons } = render(
    {
      text: '',
      blocks: [
        section('Who?', { accessory: button('Me', { action_id: 'take', value: '1' }) }),
        {
          type: 'actions',
          elements: [
            button('Yes', {
              action_id: 'vote',
              value: 'yes',
              style: 'primary',
              accessibility_label: 'Approve OP-7',
            }),
            button('Run', { action_id: 'open', url: 'https://ci.example/7' }),
            button('Bad', { action_id: 'bad', url: 'javascript:alert(1)' }),
          ],
        },
      ],
    },
    names,
  );
  expect(buttons).toEqual([
    { actionId: 'take', value: '1' },
    { actionId: 'vote', value: 'yes', style: 'primary', label: 'Approve OP-7' },
    { actionId: 'open', url: 'https://ci.example/7' },
    { actionId: 'bad' },
  ]);
  expect(
    [...html.matchAll(/data-press="(\d)"[^]*?<span>(\w+)<\/span>/g)].map(([, n, label]) => [n, label]),
  ).toEqual([
    ['0', 'Me'],
    ['1', 'Yes'],
    ['2', 'Run'],
    ['3', 'Bad'],
  ]);
});

it('renders the text of a confirmation as Slack does', () => {
  const confirm = {
    title: text('Sure?'),
    text: { type: 'mrkdwn', text: '*Really*' },
    confirm: text('Go'),
    style: 'danger',
  };
  const { buttons } = render(
    { text: '', blocks: [{ type: 'actions', elements: [button('Go', { action_id: 'go', confirm })] }] },
    names,
  );
  expect(buttons[0]?.confirm).toMatchObject({ title: 'Sure?', confirm: 'Go', deny: 'Cancel', danger: true });
  expect(buttons[0]?.confirm?.html).toContain('<strong>');
});

it('lets nothing through that a page could trip over', () => {
  const { html } = render(
    {
      text: '<@U1> in <#C1>: <b onclick="x" style="y" id="z"> <javascript:alert(1)|click> <https://ci.example/?a=1&amp;b=2|run>',
      blocks: [],
    },
    names,
  );
  expect(html).not.toMatch(/<[^>]*\s(?:id|style|onclick)="/);
  expect(html).not.toMatch(/href="javascript/);
  expect(html).toContain('@Ana');
  expect(html).toContain('#incidents');
  expect(html).toContain('<a href="https://ci.example/?a=1&amp;b=2" target="_blank" rel="noreferrer">');
});

it('leaves a date to the browser, which knows the time zone', () => {
  const { html } = render({ text: 'since <!date^1795356131^{time_secs}|14:02 UTC>', blocks: [] }, names);
  expect(html).toContain(
    '<time dateTime="2026-11-22T14:02:11.000Z" data-format="{time_secs}">14:02 UTC</time>',
  );
});

it('finds the severity in the header of a card', () => {
  const header = (title: string): Block => ({ type: 'header', text: text(title) });
  expect(render({ text: '', blocks: [header('P1 · Checkout')] }, names).severity).toBe('P1');
  expect(render({ text: 'P1', blocks: [] }, names)).not.toHaveProperty('severity');
});
