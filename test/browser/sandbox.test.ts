import { exec, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Registry } from '../../src/core/channel/registry.ts';
import { missing, openPage, type Opened } from './browser.ts';

const why = missing === undefined ? '' : ` (${missing})`;

describe.skipIf(missing !== undefined)(`the sandbox${why}`, { timeout: 60_000 }, () => {
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

  async function beSomebody(name: string): Promise<void> {
    await page.getByRole('radio', { name }).check();
    // What stands in the rail is theirs only then.
    await page.locator(`#me[aria-label^="You are ${name}."]`).waitFor({ state: 'attached' });
  }

  /** Presses the last button of this name on a card, and says yes where it asks. */
  async function press(button: string, confirm?: string): Promise<void> {
    await page.getByRole('region', { name: 'Messages' }).getByRole('button', { name: button }).last().click();
    if (confirm !== undefined)
      await page.getByRole('dialog').getByRole('button', { name: confirm, exact: true }).click();
  }

  async function report(what: string, how: { readonly version?: string; readonly by?: string } = {}) {
    const form = page.getByRole('form', { name: 'Report as the release bot' });
    await form.getByLabel('Report').selectOption(what);
    if (how.version !== undefined) await form.getByLabel('Version').fill(how.version);
    if (how.by !== undefined) await form.getByLabel('By').selectOption(how.by);
    await form.getByRole('button', { name: 'Report' }).click();
  }

  it('leads from a page to the card that it is about', async () => {
    const messages = page.getByRole('region', { name: 'Messages' });
    await page.getByRole('region', { name: 'Tour' }).getByRole('button', { name: 'Fire it' }).click();
    await messages.getByText('Nobody has it yet.').waitFor();
    await page.getByRole('region', { name: 'Tour' }).getByRole('button', { name: 'Move the clock' }).click();
    await beSomebody('Ben Okafor');
    await page.getByRole('navigation').getByRole('button', { name: 'Lastgood' }).click();
    await messages.getByText('You are called for', { exact: false }).waitFor();
    await messages.getByRole('link', { name: 'The live card' }).click();
    await messages.getByText('Nobody has it yet.').waitFor();
    expect(opened.complaints).toEqual([]);
  });

  it('calls and asks people in direct messages, which say in place what became of it', async () => {
    const tour = page.getByRole('region', { name: 'Tour' });
    const messages = page.getByRole('region', { name: 'Messages' });
    const box = page.getByRole('combobox', { name: 'Message or command' });
    await tour.getByRole('button', { name: 'Fire it' }).click();
    await messages.getByText('Nobody has it yet.').waitFor();
    await page.getByRole('navigation').getByRole('button', { name: 'Lastgood' }).click();
    await messages.getByText('You are called for', { exact: false }).waitFor();
    await press('Acknowledge');
    await messages.getByText('Acknowledged by Ana Ruiz', { exact: false }).first().waitFor();
    await expect.poll(() => messages.getByRole('button', { name: 'Acknowledge' }).count()).toBe(0);

    await box.fill('/rollback stable 1.4.2 checkout answers 500');
    await page.keyboard.press('Enter');
    await messages.getByText('Asked: Ben Okafor, Dana Levi.', { exact: false }).waitFor();
    await beSomebody('Ben Okafor');
    // Ana's direct messages are not his: he is shown what all see, and has a conversation of his own.
    await messages.getByText('Ana Ruiz has it since', { exact: false }).waitFor();
    await page.getByRole('navigation').getByRole('button', { name: 'Lastgood' }).click();
    await messages.getByText('OP-1 waits for your approval').waitFor();
    await press('Approve', 'Approve');
    await messages.getByText('OP-1 was approved by Ben Okafor').waitFor();
    expect(await messages.getByRole('button', { name: 'Reject' }).count()).toBe(0);
    expect(opened.complaints).toEqual([]);
  });

  it('promotes what ran on the canary', async () => {
    const messages = page.getByRole('region', { name: 'Messages' });
    await page.getByRole('button', { name: 'Promote 1.6.0-rc.1 to stable' }).click();
    await page.keyboard.press('Enter');
    await messages.getByText('Waits for approval', { exact: true }).waitFor();
    await beSomebody('Ben Okafor');
    await press('Approve', 'Approve');
    await messages.getByText('Promoted and verified.').first().waitFor();
    const stable = page.getByRole('article', { name: 'shop/stable' });
    await stable.getByText('promoted by Ana Ruiz', { exact: false }).waitFor();
    await page.getByText('1.6.0-rc.1 is live on stable already.').waitFor();
    expect(opened.complaints).toEqual([]);
  });

  it('takes a failed canary back, and shows the drift when something brings it again', async () => {
    const messages = page.getByRole('region', { name: 'Messages' });
    const canary = page.getByRole('article', { name: 'shop/canary' });
    await page.getByRole('button', { name: 'releases' }).click();
    await beSomebody('Release bot');
    await report('All is well', { by: 'Slack message' });
    await messages.getByText('1.6.0-rc.1 on shop/canary passes').waitFor();
    await report('Deployed, and live now');
    await canary.getByText('deployed by release-bot', { exact: false }).waitFor();
    await report('Too few sessions to say', { version: '1.6.0-rc.2' });
    await messages.getByText('1.6.0-rc.2 on shop/canary is inconclusive').waitFor();
    await report('Crash-free 97 %, errors doubled', { version: '1.6.0-rc.2' });
    await messages.getByText('1.6.0-rc.2 on shop/canary fails').waitFor();
    await canary.getByText('Crash-free sessions 97 %', { exact: false }).waitFor();
    await canary.getByText(/Crash-free sessions, last 2 reports: [▁-█]{2} 99.71 % → 97 %/).waitFor();

    await beSomebody('Ana Ruiz');
    await press('Roll back to 1.6.0-rc.1', 'Make the plan');
    await messages.getByText('Waits for approval', { exact: true }).waitFor();
    await canary.getByText('OP-1 by Ana Ruiz', { exact: false }).waitFor();
    await beSomebody('Ben Okafor');
    await press('Approve', 'Approve');
    await messages.getByText('Rolled back and verified.').first().waitFor();

    await beSomebody('Release bot');
    const version = page.getByRole('form', { name: 'Report as the release bot' }).getByLabel('Version');
    await expect.poll(() => version.inputValue()).toBe('1.6.0-rc.1');
    await report('Deployed, and live now');
    await canary.getByText('1.6.0-rc.2 runs here, says release-bot', { exact: false }).waitFor();
    await messages.getByText('Drift on shop/canary', { exact: false }).first().waitFor();
    expect(opened.complaints).toEqual([]);
  });

  it('hears from PagerDuty who has the incident', async () => {
    const messages = page.getByRole('region', { name: 'Messages' });
    await page.getByRole('region', { name: 'Tour' }).getByRole('button', { name: 'Fire it' }).click();
    await messages.getByText('Nobody has it yet.').waitFor();
    await page.getByRole('tab', { name: 'Pager' }).click();
    await beSomebody('Gus Tamm');
    await page.getByText('Gus Tamm has no account at PagerDuty.').waitFor();
    await beSomebody('Ben Okafor');
    await page.getByRole('button', { name: 'Acknowledge in PagerDuty' }).click();
    await messages.getByText('Ben Okafor has it since', { exact: false }).waitFor();
    await page.getByRole('button', { name: 'Resolve in PagerDuty' }).click();
    await page.getByRole('tabpanel').getByText('resolved', { exact: true }).waitFor();
    expect(opened.complaints).toEqual([]);
  });

  it('takes either side of a registry file that says otherwise', async () => {
    const registry = page.getByRole('form', { name: 'Write into the registry file' });
    const stable = page.getByRole('article', { name: 'shop/stable' });
    const drift = stable.getByText('The registry file says 1.6.0', { exact: false });
    const write = async (): Promise<void> => {
      await registry.getByLabel('Version').fill('1.6.0');
      await registry.getByRole('button', { name: 'Write it' }).click();
      await drift.waitFor();
    };
    const registered = async (): Promise<unknown> => {
      const file = await readFile(join(folder, 'security', 'release_channels.json'), 'utf8');
      return (JSON.parse(file) as Registry).channels['stable']?.version;
    };
    await write();
    await stable.getByRole('button', { name: 'See the card' }).click();
    await press('Keep 1.5.0: write the file again');
    await drift.waitFor({ state: 'detached' });
    // An edit in the moment in which Lastgood writes would be kept beside the file, and not be noticed in it.
    await expect.poll(registered).toBe('1.5.0');
    await page.getByText('Drift on shop/stable is settled').waitFor();
    await write();
    await press('1.6.0 is live: record it', 'Record it');
    await stable.getByText('set by Ana Ruiz', { exact: false }).waitFor();
    expect(await stable.locator('.live b').textContent()).toBe('1.6.0');
    await expect.poll(registered).toBe('1.6.0');
    expect(opened.complaints).toEqual([]);
  });

  it('lets the terminal in with the command that it shows', async () => {
    await page.getByRole('region', { name: 'Tour' }).getByRole('button', { name: 'Fire it' }).click();
    await page.getByText('Nobody has it yet.').waitFor();
    await page.getByRole('tab', { name: 'API' }).click();
    const shown = await page.getByRole('tabpanel').locator('pre').first().textContent();
    const { stdout } = await promisify(exec)(shown ?? '');
    expect(stdout).toContain('INC-1');
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
