import type { BrowserContextOptions, Page } from 'playwright-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { missing, openPage, servePage } from './browser.ts';
import type { Opened, Served } from './browser.ts';
import * as inThePage from './in-the-page.mjs';
import { ANA, BEN, INCIDENTS } from './workspace-fixture.ts';

const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true };

describe.skipIf(missing !== undefined)(
  `the sandbox’s page and releases${missing === undefined ? '' : ` (${missing})`}`,
  () => {
    let served: Served;
    let opened: Opened;
    let page: Page;

    beforeEach(async () => {
      served = await servePage();
    });

    afterEach(async () => {
      // 409 is how a refusal travels.
      const complaints = opened.complaints.filter((complaint) => !complaint.includes('409 (Conflict)'));
      await opened.close();
      await served.close();
      if (complaints.length > 0) throw new Error(`the browser complained: ${complaints.join('; ')}`);
    });

    async function open(options: BrowserContextOptions = {}): Promise<void> {
      opened = await openPage(served.url, options);
      page = opened.page;
    }

    const report = () => page.getByRole('form', { name: 'Report as the release bot' });
    const asked = () => served.current().asked;

    it('gives the release bot a form in place of the command box', async () => {
      await open();
      await page.getByRole('radio', { name: 'Relbot' }).check();
      await report().waitFor();
      expect(await page.getByRole('combobox', { name: 'Message or command' }).isVisible()).toBe(false);

      await report().getByLabel('Report').selectOption('It crashes');
      await report().getByRole('button', { name: 'Report' }).click();
      await report().getByText('Answered 200: 1.6.0-rc.1 FAILS.').waitFor();
      const canary = page.getByRole('article', { name: 'shop/canary' });
      await canary.getByText('Crash-free sessions 97 % in 30m').waitFor();
      await canary.getByText('Crash-free sessions, last 2 reports: █▁ 99.71 % → 97 %').waitFor();

      await report().getByLabel('By').selectOption('Slack message');
      await report().getByLabel('Report').selectOption('Deployed, and live now');
      expect(await report().getByLabel('By').isDisabled()).toBe(true);
      await report().getByText('Slack has no message for it').waitFor();
      await report().getByRole('button', { name: 'Report' }).click();
      await report().getByText('Answered 200: 1.6.0-rc.2 is live.').waitFor();
      expect(asked()).toEqual([
        'http failing 1.6.0-rc.1 on shop/canary',
        'deployed 1.6.0-rc.2 on shop/canary',
      ]);
    });

    it('suggests the version, and leaves alone what somebody typed', async () => {
      await open();
      await page.getByRole('radio', { name: 'Relbot' }).check();
      const version = report().getByLabel('Version');
      expect(await version.inputValue()).toBe('1.6.0-rc.1');
      await report().getByLabel('Channel').selectOption('shop/stable');
      expect(await version.inputValue()).toBe('1.5.0');
      await version.fill('1.5.9');
      await served.current().editRegistry('shop/stable', '1.6.0');
      await page.getByText('The registry file says 1.6.0').waitFor();
      expect(await version.inputValue()).toBe('1.5.9');
    });

    it('fills in a promotion, and says when there is nothing to promote', async () => {
      await open();
      const promote = page.getByRole('button', { name: 'Promote 1.6.0-rc.1 to stable' });
      await promote.click();
      await page.getByRole('heading', { name: '#releases' }).waitFor();
      const line = '/promote canary stable 1.6.0-rc.1 it has run on canary for 20m';
      await expect.poll(() => page.locator('#box').inputValue()).toBe(line);
      await page.keyboard.press('Enter');
      await expect.poll(asked).toEqual([`${ANA} ${line}`]);

      await served.current().reportDeployment('shop/stable', '1.6.0-rc.1');
      await page.getByText('1.6.0-rc.1 is live on stable already.').waitFor();
      expect(await promote.getAttribute('aria-disabled')).toBe('true');
      await promote.click({ force: true });
      expect(await page.locator('#box').inputValue()).toBe('');
    });

    it('promotes as a person, whoever the visitor was', async () => {
      await open();
      await page.getByRole('radio', { name: 'Relbot' }).check();
      await report().waitFor();
      await page.getByRole('button', { name: 'Promote 1.6.0-rc.1 to stable' }).click();
      await page.getByRole('radio', { name: 'Ana', exact: false, checked: true }).first().waitFor();
      expect((await page.evaluate(inThePage.focused)).id).toBe('box');
    });

    it('lets whoever has an account press a page, and tells the others why not', async () => {
      await served.current().fire('checkout');
      await open();
      await page.getByRole('tab', { name: 'Pager' }).click();
      const acknowledge = page.getByRole('button', { name: 'Acknowledge in PagerDuty' });
      await page.getByRole('radio', { name: 'Gus' }).check();
      await page.getByText('Gus has no account at PagerDuty.').waitFor();
      expect(await acknowledge.getAttribute('aria-disabled')).toBe('true');

      await page.getByRole('radio', { name: 'Ben' }).check();
      await page.getByText('in PagerDuty, as Ben').waitFor();
      await acknowledge.focus();
      await page.keyboard.press('Enter');
      await acknowledge.waitFor({ state: 'detached' });
      expect(asked()).toEqual([`${BEN} presses acknowledge on INC-12/1.1 in PagerDuty`]);
      await page.getByRole('button', { name: 'Resolve in PagerDuty' }).click();
      await page.getByText('in PagerDuty, as Ben').waitFor({ state: 'detached' });
      expect(asked().at(-1)).toBe(`${BEN} presses resolve on INC-12/1.1 in PagerDuty`);
    });

    it('writes into the registry file, and leads to the card that asks', async () => {
      await open();
      const registry = page.getByRole('form', { name: 'Write into the registry file' });
      await registry.getByLabel('Version').fill('soon');
      await registry.getByRole('button', { name: 'Write it' }).click();
      await registry.getByText('“soon” is no version').waitFor();
      await registry.getByLabel('Version').fill('1.6.0');
      await registry.getByRole('button', { name: 'Write it' }).click();
      await registry.getByText('Written: 1.6.0').waitFor();
      await page.getByRole('button', { name: 'See the card' }).click();
      await page.getByRole('heading', { name: '#releases' }).waitFor();
      expect(asked()).toEqual(['registry soon on shop/stable', 'registry 1.6.0 on shop/stable']);
    });

    it('shows how to get at the bot, ready to be copied', async () => {
      await open({ permissions: ['clipboard-read', 'clipboard-write'] });
      await page.getByRole('tab', { name: 'Faults' }).click();
      await page.getByText('Make the surroundings fail', { exact: false }).waitFor();
      await page.getByRole('tab', { name: 'API' }).click();
      await page.getByText('Whatever can be typed in Slack works in a terminal', { exact: false }).waitFor();
      const copy = page.getByRole('button', { name: 'Copy the command' });
      await copy.click();
      await expect.poll(() => copy.textContent()).toBe('Copied');
      expect(await page.evaluate(inThePage.copied)).toBe(
        'LASTGOOD_URL=http://127.0.0.1:4000 LASTGOOD_TOKEN=a-token-of-ana npm run -s lastgood -- incident list',
      );
      const described = page.getByRole('link', { name: 'openapi.json' });
      expect(await described.getAttribute('href')).toBe('http://127.0.0.1:4000/openapi.json');
    });

    it('goes on to another tour after the first, and fills in its report', async () => {
      const workspace = served.current();
      await workspace.fire('checkout');
      await workspace.advanceToNextWake();
      await workspace.run(ANA, INCIDENTS, '/rollback stable 1.4.2 checkout answers 5xx');
      for (const who of [ANA, BEN]) await workspace.click(who, INCIDENTS, '', { actionId: 'approve' });
      await workspace.run(ANA, INCIDENTS, '/incident resolve');
      await open();
      const tour = page.getByRole('region', { name: 'Tour' });
      await tour.getByText('That was the whole job').waitFor();
      await tour.getByRole('button', { name: 'Then: a bad canary' }).click();
      await tour.getByRole('button', { name: 'Fill it in for me' }).click();
      await report().waitFor();
      await page.getByRole('radio', { name: 'Relbot', checked: true }).waitFor();
      expect((await page.evaluate(inThePage.focused)).name).toBe('Report');
      await tour.getByRole('button', { name: 'Report it' }).click();
      await tour.getByText('It failed').waitFor();
      expect(asked().at(-1)).toBe('http failing 1.6.0-rc.1 on shop/canary');
    });

    it('says what it waits for when that takes long', async () => {
      await open();
      let letGo = (): void => undefined;
      const held = new Promise<void>((resolve) => {
        letGo = resolve;
      });
      await page.route('**/sandbox/do', async (route) => {
        await held;
        await route.fulfill({ json: {} });
      });
      await page.clock.install();
      await page.getByRole('button', { name: 'Move the clock 5 minutes' }).click();
      const waiting = page.locator('#waiting');
      expect(await waiting.isVisible()).toBe(false);
      await page.clock.fastForward(2_500);
      await page.getByText('Moving the clock, and carrying out what is due').waitFor();
      letGo();
      await waiting.waitFor({ state: 'hidden' });
    });

    it('fits a phone, in dark as in light', async () => {
      await served.current().fire('checkout');
      await served.current().editRegistry('shop/stable', '1.6.0');
      await served
        .current()
        .reportHealth({ channel: 'shop/canary', version: '1.6.0-rc.1', finding: 'failing', by: 'http' });
      for (const colorScheme of ['light', 'dark'] as const) {
        if (colorScheme === 'dark') await opened.close();
        await open({ ...PHONE, colorScheme });
        const drawer = page.getByRole('button', { name: 'Conversations and people' });
        await drawer.tap();
        await page.getByText('Relbot').first().tap(); // which closes the drawer
        await drawer.tap();
        await page.getByRole('button', { name: 'releases' }).tap();
        await report().waitFor();
        for (const tab of ['Chat', 'Channels', 'Pager', 'API']) {
          await page.getByRole('tab', { name: tab }).tap();
          expect(await page.evaluate(inThePage.smallTargets)).toEqual([]);
          expect(await page.evaluate(inThePage.textsWithoutContrast)).toEqual([]);
          expect(await page.evaluate(inThePage.pageWidth)).toBe(360);
        }
      }
    });

    it('tells a phone’s visitor in the panel what was refused', async () => {
      await open(PHONE);
      await page.getByRole('tab', { name: 'Channels' }).tap();
      const registry = page.getByRole('form', { name: 'Write into the registry file' });
      await registry.getByLabel('Version').fill('soon');
      await registry.getByRole('button', { name: 'Write it' }).tap();
      await page.getByRole('tabpanel').getByRole('alert').getByText('“soon” is no version').waitFor();
      expect(asked()).toEqual(['registry soon on shop/stable']);
    });
  },
);
