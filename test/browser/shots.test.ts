import { expect, it } from 'vitest';
import { openPage, servePage } from './browser.ts';
import { ANA, BEN, DANA, INCIDENTS } from './workspace-fixture.ts';

it('shots', async () => {
  const out = '/tmp/shots';
  const served = await servePage();
  const all: string[] = [];
  const w = served.current();
  for (const [name, opts] of Object.entries({
    'wide-light': {},
    'wide-dark': { colorScheme: 'dark' as const },
    'narrow-light': { viewport: { width: 360, height: 740 }, hasTouch: true, deviceScaleFactor: 2 },
    'narrow-dark': {
      viewport: { width: 360, height: 740 },
      hasTouch: true,
      deviceScaleFactor: 2,
      colorScheme: 'dark' as const,
    },
    'mid-light': { viewport: { width: 900, height: 700 } },
  })) {
    if (process.env['ONLY'] && !name.startsWith(process.env['ONLY'])) continue;
    const { page, complaints, close } = await openPage(served.url, opts);
    const shot = (label: string) => page.screenshot({ path: `${out}/${name}-${label}.png` });
    if (name === 'wide-light' || (process.env['ONLY'] && !served.current().pages().length)) {
      await shot('0-start');
      await w.fire('checkout');
      await w.advanceToNextWake();
      await w.run(ANA, INCIDENTS, '/rollback stable');
      await w.run(ANA, INCIDENTS, '/rollback stable 1.4.2 checkout answers 5xx');
      await w.run(DANA, INCIDENTS, 'Looking too. `POST /pay` times out in about a third of all requests.');
      await page.waitForTimeout(200);
    }
    await shot('1-plan');
    const narrow = name.startsWith('narrow') || name.startsWith('mid');
    if (name.startsWith('wide')) {
      await page.locator('#box').fill('/');
      await shot('2-complete');
      await page.locator('#box').fill('/rollback stable ');
      await shot('2-usage');
      await page.locator('#box').fill('');
    }
    for (const tab of ['Pager', 'Mail', 'Deploys', 'Faults', 'Channels']) {
      await page.getByRole('tab', { name: tab }).click();
      if (narrow || tab !== 'Channels') await shot(`3-${tab}`);
    }
    if (narrow) {
      await page.getByRole('tab', { name: 'Chat' }).click();
      if (name.startsWith('narrow')) {
        await page.locator('#menu').click();
        await shot('4-rail');
        await page.keyboard.press('Escape');
      }
      await page.locator('#box').fill('/incident ');
      await shot('4-complete');
      await page.locator('#box').fill('');
    }
    await page.locator('.replies').first().click();
    await shot('5-thread');
    await page.locator('#thread-close').click();
    await page.getByRole('button', { name: 'Approve OP-7' }).click();
    await shot('6-confirm');
    await page.keyboard.press('Escape');
    await page.keyboard.press('?');
    await shot('8-help');
    await page.keyboard.press('Escape');
    await page.locator('#fire').click();
    await shot('7-fire');
    await page.keyboard.press('Escape');
    all.push(...complaints.map((c) => `${name}: ${c}`));
    await close();
  }
  if (!process.env['ONLY']) {
    await w.click(BEN, INCIDENTS, '', { actionId: 'approve' });
    await w.click(ANA, INCIDENTS, '', { actionId: 'resolve' });
    const { page, close } = await openPage(served.url);
    await page.locator('.replies').first().click();
    await page.screenshot({ path: `${out}/end.png` });
    await close();
  }
  await served.close();
  console.log(all.join('\n'));
  expect(all).toEqual([]);
}, 120_000);
