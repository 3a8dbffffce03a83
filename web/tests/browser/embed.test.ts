/** A figure in a page of somebody else, from another origin. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Frame, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { useBrowser } from './browser';

const open = useBrowser();

/** A page of somebody else, with what was copied in it. */
let written = '';
let server: Server;
let elsewhere = '';
beforeAll(async () => {
  server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(`<!doctype html><title>Elsewhere</title>${written}`);
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  elsewhere = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterAll(() => server.close());

/** What the page gives to be copied. */
async function copied(page: Page, figure: string, label: string): Promise<string> {
  const button = page.getByRole('button', { name: `Link, embed: ${figure}` }).first();
  if ((await button.getAttribute('aria-expanded')) === 'false') await button.click();
  return page.getByRole('region', { name: label }).innerText();
}

async function framed(page: Page, html: string): Promise<Frame> {
  written = html;
  await page.goto(elsewhere);
  const frame = page.frames()[1]!;
  await frame.waitForSelector('.alone');
  return frame;
}

/** Whether the canvas has anything but its ground. */
const isDrawn = (frame: Frame) =>
  frame.waitForFunction(() => {
    const canvas = document.querySelector('canvas');
    if (!canvas?.width) return false;
    const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
    return new Set(new Uint32Array(data.buffer)).size > 10;
  });

test('the figure of Explore, as it was when it was copied', async () => {
  const { page, complaints } = await open('#/explore?ranges=imagenet_top1:82..&theme=dark');
  const shown = (await page.locator('.plot + .fine').innerText()).split('.')[0]!;
  const html = await copied(page, 'ImageNet top-1', 'Frame for a page of your own');
  expect(html).toMatch(/^<iframe src="[^"]+#\/explore\?[^"]*" title="[^"]+"/);
  const frame = await framed(page, html);
  await isDrawn(frame);
  const said = await frame.locator('.alone').innerText();
  expect(said).toContain(shown);
  expect(said).toMatch(/95 % intervals/);
  expect(said).toMatch(/H100.*best throughput.*measured (on|from) 20\d\d-/);
  expect(await frame.locator('nav, header, footer, table').count()).toBe(0);
  expect(await frame.evaluate(() => document.documentElement.dataset.theme)).toBe('dark');
  const [full] = await Promise.all([page.context().waitForEvent('page'), frame.getByRole('link', { name: 'Joulemark' }).click()]);
  await full.waitForSelector('.answers');
  expect(full.url()).toContain('ranges=imagenet_top1:82..');
  expect(await full.locator('.plot + .fine').innerText()).toContain(shown);
  expect(complaints.filter((one) => !one.includes(elsewhere))).toEqual([]);
  await full.close();
  await page.close();
});

test('a figure of an analysis, as a frame and as a picture', async () => {
  const { page, complaints } = await open('#/findings?finding=frontier');
  const sentence = await page.locator('.finding').first().innerText();
  const frameHtml = await copied(page, 'Accuracy against energy', 'Frame for a page of your own');
  const imageHtml = await copied(page, 'Accuracy against energy', 'Picture for a page of your own');
  const frame = await framed(page, frameHtml + imageHtml);
  const hasPixels = (image: Element) => image instanceof HTMLImageElement && image.complete && image.naturalWidth > 100;
  await frame.waitForFunction(() => document.querySelector<HTMLImageElement>('.alone img')?.complete);
  expect(await frame.locator('.alone img').evaluate(hasPixels)).toBe(true);
  expect(await frame.locator('.alone img').getAttribute('alt')).toMatch(/measured (on|from) 20\d\d-/);
  expect(await page.locator('body > img').evaluate(hasPixels)).toBe(true);
  const said = await frame.locator('.alone').innerText();
  expect(said).toContain(sentence);
  expect(said).toMatch(/n = \d+ models, H100/);
  expect(complaints.filter((one) => !one.includes(elsewhere))).toEqual([]);
  await page.close();
});

test('fits a small frame, and follows the system of the reader', async () => {
  const { page } = await open('#/explore?embed=figure', { viewport: { width: 320, height: 240 }, colorScheme: 'dark' });
  await isDrawn(page.mainFrame());
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
  // All of the figure is seen without scrolling.
  const box = (await page.locator('canvas').first().boundingBox())!;
  expect(box.height).toBeGreaterThan(150);
  expect(box.y + box.height).toBeLessThanOrEqual(240);
  expect(await page.evaluate(() => document.documentElement.dataset.theme)).toBe('dark');
  await page.close();
});
