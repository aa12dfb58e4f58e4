import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { missing, openPage, servePage } from './browser.ts';
import type { Opened, Served } from './browser.ts';
import * as inThePage from './in-the-page.mjs';
import { ANA, BEN, DANA, EMERGENCY, INCIDENTS } from './workspace-fixture.ts';

const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true };

describe.skipIf(missing !== undefined)(
  `the sandbox’s page${missing === undefined ? '' : ` (${missing})`}`,
  () => {
    let served: Served;
    let opened: Opened | undefined;

    beforeEach(async () => {
      served = await servePage();
    });

    afterEach(async () => {
      const complaints =
        opened?.complaints.filter((complaint) => !complaint.includes('409 (Conflict)')) ?? [];
      await opened?.close();
      opened = undefined;
      await served.close();
      // Errors, CSP violations and requests to elsewhere; 409 is how a refusal travels.
      if (complaints.length > 0) throw new Error(`the browser complained: ${complaints.join('; ')}`);
    });

    async function open(options = {}): Promise<Page> {
      opened = await openPage(served.url, options);
      return opened.page;
    }

    /** An incident that nobody answered, and a rollback that waits for an approval. */
    async function playUntilPlan(): Promise<void> {
      const workspace = served.current();
      await workspace.fire('checkout');
      await workspace.advanceToNextWake();
      await workspace.run(ANA, INCIDENTS, '/rollback stable');
      await workspace.run(ANA, INCIDENTS, '/rollback stable 1.4.2 checkout answers 5xx');
      await workspace.run(DANA, INCIDENTS, 'Looking too. `POST /pay` times out in a third of all requests.');
    }

    it('leads a newcomer from the alert to the post-mortem', async () => {
      const page = await open();
      const tour = page.getByRole('region', { name: 'Tour' });
      const messages = page.getByRole('region', { name: 'Messages' });

      await tour.getByRole('button', { name: 'Fire it' }).click();
      await page.getByRole('heading', { name: 'P0 · Checkout answers 5xx' }).waitFor();
      await tour.getByRole('button', { name: 'Move the clock' }).click();
      await tour.getByText('Ask for a rollback', { exact: false }).last().waitFor();
      await page.getByRole('tab', { name: 'Mail' }).click();
      await page.getByText('to dana@shop.example').waitFor();

      await tour.getByRole('button', { name: 'Type it for me' }).click();
      await tour.getByRole('button', { name: 'Send it' }).click();
      await tour.getByRole('button', { name: 'Take me there' }).click();
      await expect.poll(async () => (await page.evaluate(inThePage.focused)).name).toBe('Approve OP-7');
      await page.getByRole('button', { name: 'Approve OP-7' }).click();
      const dialog = page.getByRole('dialog', { name: 'Approve OP-7?' });
      await dialog.getByRole('button', { name: 'Approve' }).click();
      await messages.getByText('somebody else has to approve it').waitFor();

      await page.getByRole('radio', { name: 'Ben' }).check();
      await messages.getByText('somebody else has to approve it').waitFor({ state: 'detached' });
      await page.getByRole('button', { name: 'Approve OP-7' }).click();
      await dialog.getByRole('button', { name: 'Approve' }).click();
      await page.getByText('Approved by @Ben').waitFor();

      await page.getByRole('button', { name: 'Resolve' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Resolve' }).click();
      await tour.getByText('That was the whole job').waitFor();
      await page.getByRole('button', { name: /\d replies/ }).click();
      await page.getByRole('heading', { name: 'Post-mortem: INC-12' }).waitFor();
      expect(served.current().asked).toEqual([
        `${ANA} /rollback stable 1.4.2 checkout answers 5xx`,
        `${ANA} presses approve`,
        `${BEN} presses approve`,
        `${BEN} presses resolve`,
      ]);
    });

    it('offers to send only what stands in the box as it was typed', async () => {
      await served.current().fire('checkout');
      await served.current().advanceToNextWake();
      const page = await open();
      const tour = page.getByRole('region', { name: 'Tour' });
      const send = tour.getByRole('button', { name: 'Send it' });
      await tour.getByRole('button', { name: 'Type it for me' }).click();
      await send.waitFor();
      await page.keyboard.type(', and more');
      await send.waitFor({ state: 'detached' });
      await page.getByRole('radio', { name: 'Ben' }).check();
      await tour.getByRole('button', { name: 'Type it for me' }).click();
      await page.getByRole('radio', { name: 'Ana', checked: true }).waitFor();
      await send.click();
      await page.getByRole('button', { name: 'Approve OP-7' }).waitFor();
      expect(served.current().asked).toEqual([`${ANA} /rollback stable 1.4.2 checkout answers 5xx`]);
    });

    it('can be used with the keyboard alone', async () => {
      await playUntilPlan();
      const page = await open();
      const box = page.getByRole('combobox', { name: 'Message or command' });

      await page.keyboard.press('Tab');
      await page.keyboard.press('Enter'); // the skip link
      await page.keyboard.type('/rol');
      await page.keyboard.press('Tab');
      await page.keyboard.type('st');
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Enter');
      await expect.poll(() => box.inputValue()).toBe('/rollback stable ');
      expect(await page.locator('#usage mark').textContent()).toBe('<version|last-good>');

      await box.fill('anything');
      await page.keyboard.press('Enter');
      await page.getByText('anything').waitFor();
      await page.keyboard.press('ArrowUp');
      await expect.poll(() => box.inputValue()).toBe('anything');
      await box.fill('');

      await page.keyboard.press('Alt+2');
      await page.getByRole('radio', { name: 'Ben', checked: true }).waitFor();
      await page.keyboard.press('Shift+F6');
      expect((await page.evaluate(inThePage.focused)).id).toBe('scroll');
      await tabUntil(page, 'Approve OP-7');
      await page.keyboard.press('Enter');
      await page.getByRole('dialog', { name: 'Approve OP-7?' }).waitFor();
      await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      await page.getByText('Approved by @Ben').waitFor();

      await page.keyboard.press('Alt+ArrowDown');
      await page.getByRole('heading', { name: '#emergency' }).waitFor();
      await page.locator('#scroll').focus();
      await page.keyboard.press('?');
      await page.getByRole('dialog', { name: 'Keys' }).waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('dialog', { name: 'Keys' }).waitFor({ state: 'hidden' });
    });

    it('shows a focus that can be seen on everything one can tab to', async () => {
      await playUntilPlan();
      const page = await open();
      const seen = new Set<string>();
      for (let presses = 0; presses < 60; presses += 1) {
        await page.keyboard.press('Tab');
        const focus = await page.evaluate(inThePage.focused);
        if (focus.onNothing || seen.has(focus.name)) continue;
        seen.add(focus.name);
        expect(focus).toEqual({ ...focus, visible: true });
      }
      expect(seen.size).toBeGreaterThan(20);
    });

    it('counts what one has not read, for each person', async () => {
      const page = await open();
      await page.getByRole('button', { name: /releases/ }).click();
      await page.getByRole('heading', { name: '#releases' }).waitFor();
      await served.current().run(DANA, EMERGENCY, 'Is anybody there?');
      const emergency = page.getByRole('button', { name: 'emergency' });
      await expect.poll(() => emergency.textContent()).toBe('#emergency1 unread');
      await emergency.click();
      await expect.poll(() => emergency.textContent()).toBe('#emergency');
      await page.getByRole('radio', { name: 'Gus' }).check();
      await expect
        .poll(() => page.getByRole('button', { name: /releases/ }).textContent())
        .toBe('#releases2 unread');
    });

    it('says aloud what is new, and only that', async () => {
      const page = await open();
      await served.current().run(DANA, INCIDENTS, 'Hello');
      await expect.poll(() => page.locator('#announcer').textContent()).toBe('Dana: Hello');
    });

    it('leaves a reader where they read, and the focus where it was', async () => {
      await playUntilPlan();
      const page = await open();
      await page.evaluate(inThePage.scrollToBeginning);
      const acknowledge = page.getByRole('button', { name: 'Acknowledge' });
      await acknowledge.focus();
      await served.current().run(DANA, INCIDENTS, 'One more thing');
      await page.getByRole('button', { name: 'New messages' }).waitFor();
      expect(await page.evaluate(inThePage.scrolledBy)).toBe(0);
      await served.current().advanceToNextWake(); // redraws the card
      await page
        .getByText('everybody, 14:17:11')
        .or(page.getByText('nobody has acknowledged'))
        .first()
        .waitFor();
      expect((await page.evaluate(inThePage.focused)).name).toBe('Acknowledge');
    });

    it('begins a long post-mortem at its beginning', async () => {
      await playUntilPlan();
      await served.current().click(BEN, INCIDENTS, '', { actionId: 'resolve' });
      const page = await open({ viewport: { width: 1440, height: 600 } });
      await page.getByRole('button', { name: /replies/ }).click();
      const thread = await page.getByRole('region', { name: 'Messages of the thread' }).boundingBox();
      const heading = await page.getByRole('heading', { name: 'Post-mortem: INC-12' }).boundingBox();
      expect(heading!.y).toBeGreaterThan(thread!.y);
      expect(heading!.y).toBeLessThan(thread!.y + 100);
    });

    it('tells a visitor what was refused', async () => {
      const page = await open();
      await page.getByRole('button', { name: 'Fire an alert' }).click();
      await page.getByRole('button', { name: 'Catalogue is slow' }).click();
      await expect
        .poll(() => page.locator('#problem').textContent())
        .toBe('The fixture fires checkout only.');
    });

    it('makes a neighbour fail and starts over', async () => {
      await playUntilPlan();
      const page = await open();
      await page.getByRole('tab', { name: 'Faults' }).click();
      await page.getByRole('group', { name: 'PagerDuty' }).getByText('failing').click();
      await expect
        .poll(
          () =>
            served
              .current()
              .switches()
              .find(({ name }) => name === 'pagerduty')?.state,
        )
        .toBe('failing');

      await page.getByRole('button', { name: 'Start over' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Start over' }).click();
      await page.getByRole('button', { name: 'Approve OP-7' }).waitFor({ state: 'detached' });
      await served.current().run(DANA, INCIDENTS, 'A new day');
      await page.getByText('A new day', { exact: true }).waitFor();
    });

    it('fits a phone: one column, a drawer, tabs, and buttons for thumbs', async () => {
      await playUntilPlan();
      const page = await open(PHONE);
      const tooSmall = (): Promise<string[]> => page.evaluate(inThePage.smallTargets);
      const width = (): Promise<number> => page.evaluate(inThePage.pageWidth);

      expect(await tooSmall()).toEqual([]);
      expect(await width()).toBe(360);
      await page.getByRole('button', { name: 'Conversations and people' }).tap();
      expect(await tooSmall()).toEqual([]);
      await page.getByRole('button', { name: 'emergency' }).tap();
      await page.getByText('nobody has acknowledged. Card in').waitFor();
      await page.getByRole('button', { name: 'Conversations and people' }).waitFor();
      for (const tab of ['Channels', 'Pager', 'Mail', 'Deploys', 'Faults', 'API']) {
        await page.getByRole('tab', { name: tab }).tap();
        expect(await page.getByRole('tabpanel', { name: tab }).isVisible()).toBe(true);
        expect(await page.locator('#chat').isVisible()).toBe(false);
        expect(await width()).toBe(360);
      }
      expect(await tooSmall()).toEqual([]);
      await page.getByRole('tab', { name: 'Chat' }).tap();
      await page.getByRole('button', { name: 'Conversations and people' }).tap();
      await page.getByRole('button', { name: 'incidents' }).tap();
      await page.getByRole('button', { name: /replies/ }).tap();
      const chat = await page.locator('#chat').boundingBox();
      expect(await page.getByRole('complementary', { name: 'Thread' }).boundingBox()).toEqual(chat);
      expect(await tooSmall()).toEqual([]);
      await page.getByRole('button', { name: 'Close the thread' }).tap();
      expect(await page.getByRole('combobox', { name: 'Message or command' }).isVisible()).toBe(true);
    });

    it('closes the drawer by a tap beside it, and by choosing who one is', async () => {
      const page = await open(PHONE);
      const menu = page.getByRole('button', { name: 'Conversations and people' });
      const rail = page.getByRole('navigation', { name: 'People and conversations' });
      await menu.tap();
      await rail.waitFor();
      await page.touchscreen.tap(345, 400);
      await rail.waitFor({ state: 'hidden' });
      await menu.tap();
      await page.getByRole('radio', { name: 'Ben' }).tap();
      await rail.waitFor({ state: 'hidden' });
      expect(await page.locator('#people input:checked').inputValue()).toBe(BEN);
    });

    it.each([
      ['wide', 'light'],
      ['wide', 'dark'],
      ['narrow', 'light'],
      ['narrow', 'dark'],
    ] as const)('is legible: %s and %s', async (size, colorScheme) => {
      await playUntilPlan();
      const page = await open({ ...(size === 'narrow' && PHONE), colorScheme });
      const folder = await mkdtemp(join(tmpdir(), 'lastgood-page-'));
      try {
        expect(await page.evaluate(inThePage.textsWithoutContrast)).toEqual([]);
        for (const tab of ['Channels', 'Pager', 'Mail', 'Deploys', 'Faults', 'API']) {
          await page.getByRole('tab', { name: tab }).click();
          expect(await page.evaluate(inThePage.textsWithoutContrast)).toEqual([]);
          const picture = await page.screenshot({ path: join(folder, `${tab}.png`) });
          expect(picture.byteLength).toBeGreaterThan(10_000);
        }
      } finally {
        if (process.env['KEEP_SCREENSHOTS'] === undefined) await rm(folder, { recursive: true });
        else console.log(`${size} and ${colorScheme}: ${folder}`);
      }
    });

    it('follows the system’s colours until one chooses', async () => {
      const page = await open({ colorScheme: 'dark' });
      const paper = (): Promise<string> => page.evaluate(inThePage.paper);
      const dark = await paper();
      await page.getByRole('button', { name: 'Theme: system' }).click();
      const light = await paper();
      expect(light).not.toBe(dark);
      await page.reload();
      await page.getByRole('button', { name: 'Theme: light' }).click();
      expect(await paper()).toBe(dark);
    });

    it('says so while the sandbox is away', async () => {
      const page = await open();
      await served.close();
      const notice = page.getByRole('alert').filter({ hasText: 'The sandbox does not answer' });
      await expect.poll(() => notice.isVisible()).toBe(true);
      opened?.complaints.splice(0); // the browser's own words about the lost connection
      served = await servePage();
    });
  },
);

async function tabUntil(page: Page, name: string): Promise<void> {
  for (let presses = 0; presses < 20; presses += 1) {
    await page.keyboard.press('Tab');
    if ((await page.evaluate(inThePage.focused)).name === name) return;
  }
  throw new Error(`no ${name} within 20 tabs`);
}
