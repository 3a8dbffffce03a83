/** Every view: nothing that axe finds, nothing too wide, nothing refused. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import { useBrowser } from './browser';

const open = useBrowser();
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const views: Record<string, string> = {
  explore: '#/explore?ranges=imagenet_top1%3A82..&pins=levit_conv_384.fb_dist_in1k%40224x224',
  'explore, by letter, all weights': '#/explore?colour=letter&weights=all&with=disturbed%2Cfailed&setup=*',
  'explore, empty': '#/explore?ranges=imagenet_top1%3A99..',
  compare: '#/compare?pins=resnet50%2Clevit_conv_384%2Cvit_small_patch16_224',
  'compare, empty': '#/compare',
  model: '#/model/resnet50',
  'model, unknown': '#/model/resnet5O',
  setups: '#/setups',
  findings: '#/findings',
  'findings, returns': '#/findings?finding=returns',
  'a figure alone': '#/explore?embed=figure&pins=levit_conv_384.fb_dist_in1k%40224x224',
  'two setups alone': '#/setups?embed=figure',
  'a finding alone': '#/findings?finding=frontier&embed=frontier',
  calculator: '#/calculator',
  method: '#/method',
  data: '#/data',
};

test.each(Object.entries(views))('%s is accessible, light and dark, and fits a phone and a wall', async (_, hash) => {
  const { page, complaints } = await open(hash, { colorScheme: 'light' });
  await page.evaluate(axe);
  for (const theme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    await page.waitForFunction((wanted) => document.documentElement.dataset.theme === wanted, theme);
    const violations = await page.evaluate(async () => {
      const found = await (window as never as { axe: typeof import('axe-core') }).axe.run();
      return found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => `${n.target} ${n.failureSummary}`).join('; ')}`);
    });
    expect(violations).toEqual([]);
  }
  expect(complaints).toEqual([]);
  for (const width of [360, 768, 3840]) {
    await page.setViewportSize({ width, height: 900 });
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth), `at ${width}`).toBeLessThanOrEqual(0);
  }
  expect((await page.locator('main').innerText()).length).toBeGreaterThan(100);
  await page.close();
});
