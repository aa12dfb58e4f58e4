import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import type { BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { pageRoutes } from '../../src/sandbox/page/server.ts';
import { createWorkspaceFixture } from './workspace-fixture.ts';
import type { WorkspaceFixture } from './workspace-fixture.ts';

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

/** Why the browser tests cannot run here; undefined when they can. With REQUIRE_CHROMIUM=1 they run, and fail, anyway. */
export const missing =
  existsSync(CHROMIUM) || process.env['REQUIRE_CHROMIUM'] === '1' ? undefined : `there is no ${CHROMIUM}`;

export interface Served {
  readonly url: string;
  readonly current: () => WorkspaceFixture;
  readonly close: () => Promise<void>;
}

/** The page on a port of its own, over a workspace in memory. */
export async function servePage(): Promise<Served> {
  let workspace = createWorkspaceFixture(renew);
  function renew(): void {
    workspace = createWorkspaceFixture(renew);
  }
  const handle = pageRoutes(() => workspace);
  const server = createServer((request, response) => {
    if (!handle(request, response)) response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    current: () => workspace,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export interface Opened {
  readonly page: Page;
  /** Whatever the browser complained about, and every request to somewhere else. */
  readonly complaints: string[];
  readonly close: () => Promise<void>;
}

/** A fresh browser that looks at the page. */
export async function openPage(url: string, options: BrowserContextOptions = {}): Promise<Opened> {
  const profile = await mkdtemp(join(tmpdir(), 'lastgood-chromium-'));
  const context: BrowserContext = await chromium.launchPersistentContext(profile, {
    executablePath: CHROMIUM,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
    viewport: { width: 1440, height: 900 },
    reducedMotion: 'reduce',
    timezoneId: 'UTC',
    ...options,
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => {
    if (!request.url().startsWith(url)) complaints.push(`request to ${request.url()}`);
  });
  await page.goto(url);
  await page
    .locator('body[data-ready]')
    .waitFor({ timeout: 10_000 })
    .catch((error: unknown) => {
      throw new Error(`the page did not draw itself: ${complaints.join('; ')}`, { cause: error });
    });
  return {
    page,
    complaints,
    async close() {
      await context.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}
