import { expect, it } from 'vitest';
import { rememberSlackSite } from '../../src/bot/slack-site.ts';
import type { Workspace } from '../../src/slack/clients.ts';
import { StoreUnavailable } from '../../src/store/store.ts';
import { openWorkshop } from '../engine/workshop.ts';

const workspace: Workspace = {
  teamId: 'T0ACME',
  url: 'https://acme.slack.com/',
  enterpriseId: undefined,
  wholeEnterprise: false,
  botId: 'B0LASTGOOD',
  botUserId: 'U0LASTGOOD',
};

it('learns where Slack is from whatever asks who we are, and knows it after a restart', async () => {
  const { store, log } = await openWorkshop();
  const site = await rememberSlackSite(store, log);
  expect(site.url()).toBeUndefined();
  expect(await site.learning(() => Promise.resolve(workspace))()).toBe(workspace);
  expect(site.url()).toBe('https://acme.slack.com/');
  expect((await rememberSlackSite(store, log)).url()).toBe('https://acme.slack.com/');
});

it('keeps what it knows while Slack does not answer, or does not say', async () => {
  const { store, log } = await openWorkshop();
  const site = await rememberSlackSite(store, log);
  await site.learning(() => Promise.resolve(workspace))();
  await expect(site.learning(() => Promise.reject(new Error('away')))()).rejects.toThrow('away');
  await site.learning(() => Promise.resolve({ ...workspace, url: undefined }))();
  expect(site.url()).toBe('https://acme.slack.com/');
});

it('stands in nobody’s way while the store takes nothing', async () => {
  const { store, log } = await openWorkshop();
  const full = { ...store, writeMark: () => Promise.reject(new StoreUnavailable('the disk is full')) };
  const site = await rememberSlackSite(full, log);
  expect(await site.learning(() => Promise.resolve(workspace))()).toBe(workspace);
  expect(site.url()).toBe('https://acme.slack.com/');
});
