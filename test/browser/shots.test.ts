import { expect, it } from 'vitest';
import { openPage, servePage } from './browser.ts';
import { ANA, BEN, INCIDENTS } from './workspace-fixture.ts';

it('shots', async () => {
  const out = '/tmp/shots';
  for (const [name, opts] of Object.entries({
    'a-wide-light': {},
    'a-wide-dark': { colorScheme: 'dark' as const },
    'a-big-light': { viewport: { width: 1920, height: 1080 } },
    'a-narrow-dark': { viewport: { width: 360, height: 740 }, hasTouch: true, deviceScaleFactor: 2, colorScheme: 'dark' as const },
  })) {
    const served = await servePage();
    const w = served.current();
    const { page, close } = await openPage(served.url, opts);
    await w.fire('checkout');
    await page.locator('.replies').waitFor();
    await page.waitForTimeout(100);
    await page.screenshot({ path: `${out}/${name}-1.png` });
    await w.advanceToNextWake();
    await w.click(ANA, INCIDENTS, '', { actionId: 'acknowledge' });
    await w.run(ANA, INCIDENTS, '/rollback stable 1.4.2 checkout answers 5xx');
    await w.click(ANA, INCIDENTS, '', { actionId: 'approve' });
    await w.click(BEN, INCIDENTS, '', { actionId: 'approve' });
    await w.click(ANA, INCIDENTS, '', { actionId: 'resolve' });
    await w.turn('sentry', 'failing');
    if (!name.includes('narrow')) {
      await page.locator('.replies').first().click();
      await page.waitForTimeout(100);
      await page.screenshot({ path: `${out}/${name}-2.png` });
      await page.keyboard.press('Escape');
      await page.getByRole('tab', { name: 'Deploys' }).click();
      await page.screenshot({ path: `${out}/${name}-3.png` });
    }
    await page.getByRole('tab', { name: 'Faults' }).click();
    await page.screenshot({ path: `${out}/${name}-4.png` });
    await close();
    await served.close();
  }
  expect(1).toBe(1);
}, 120_000);
