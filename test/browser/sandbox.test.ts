import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { missing, openPage, type Opened } from './browser.ts';

describe.skipIf(missing !== undefined)(`the sandbox${missing === undefined ? '' : ` (${missing})`}`, () => {
  let folder: string;
  let sandbox: ChildProcess;
  let opened: Opened;
  let page: Page;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lastgood-sandbox-'));
    sandbox = spawn(process.execPath, ['dist/src/sandbox/start.js', '--port', '0', '--data', folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    opened = await openPage(await printedUrl(sandbox));
    page = opened.page;
  });

  afterEach(async () => {
    await opened.close();
    const ended = once(sandbox, 'exit');
    sandbox.kill('SIGTERM');
    await ended;
    await rm(folder, { recursive: true, force: true });
  });

  it('takes a visitor from the alert to the post-mortem with the real bot', async () => {
    const tour = page.getByRole('region', { name: 'Tour' });
    const messages = page.getByRole('region', { name: 'Messages' });
    const dialog = page.getByRole('dialog');

    await tour.getByRole('button', { name: 'Fire it' }).click();
    await messages.getByText('Nobody has it yet.').waitFor();
    await tour.getByRole('button', { name: 'Move the clock' }).click();
    await messages.getByText('Paged').first().waitFor();
    await page.getByRole('tab', { name: 'Mail' }).click();
    await page.getByText('to ben@shop.example').waitFor();

    await tour.getByRole('button', { name: 'Type it for me' }).click();
    await page.keyboard.press('Enter');
    await messages.getByText('Waits for approval', { exact: true }).waitFor();
    await messages.getByRole('button', { name: 'Approve' }).click();
    await dialog.getByRole('button', { name: 'Approve' }).click();
    await messages.getByText('Cannot approve OP-1').waitFor();

    await page.getByRole('radio', { name: 'Ben Okafor' }).check();
    await messages.getByRole('button', { name: 'Approve' }).click();
    await dialog.getByRole('button', { name: 'Approve' }).click();
    await messages.getByText('Rolled back and verified.').waitFor();
    await page.getByRole('tab', { name: 'Channels' }).click();
    await page.getByText('rolled back by Ana Ruiz', { exact: false }).waitFor();

    await messages.getByRole('button', { name: 'Resolve' }).click();
    await dialog.getByRole('button', { name: 'Resolve' }).click();
    await tour.getByText('That was the whole job').waitFor();
    await messages.getByRole('button', { name: /\d+ replies/ }).click();
    const thread = page
      .getByRole('complementary')
      .or(page.getByRole('region', { name: 'Thread' }))
      .last();
    await thread.getByText('Post-mortem of INC-1', { exact: false }).first().waitFor();
    expect(opened.complaints).toEqual([]);
  });

  it('starts over with an empty world', async () => {
    const messages = page.getByRole('region', { name: 'Messages' });
    await page.getByRole('region', { name: 'Tour' }).getByRole('button', { name: 'Fire it' }).click();
    await messages.getByText('Nobody has it yet.').waitFor();
    await page.getByRole('button', { name: 'Start over' }).click();
    const confirm = page.getByRole('dialog').getByRole('button', { name: 'Start over' });
    if (await confirm.isVisible()) await confirm.click();
    await messages.getByText('Nobody has it yet.').waitFor({ state: 'detached' });
    await page.getByRole('region', { name: 'Tour' }).getByRole('button', { name: 'Fire it' }).click();
    await messages.getByText('INC-1', { exact: false }).first().waitFor();
    expect(await messages.getByText('INC-2', { exact: false }).count()).toBe(0);
  });
});

async function printedUrl(process: ChildProcess): Promise<string> {
  let printed = '';
  for await (const part of process.stdout ?? []) {
    printed += String(part);
    const url = /http:\/\/127\.0\.0\.1:\d+\//.exec(printed)?.[0];
    if (url) return url;
  }
  throw new Error(`the sandbox ended before it opened: ${printed}`);
}
