/** Explore, light, dark and on a phone, beside pictures that a person has looked at.
 *
 * Its documents are an excerpt of data/results that does not grow. Its font is the one that Debian's fontconfig brings, without
 * smoothing, which differs from machine to machine. `npm run pictures:accept` writes the pictures anew, to be looked at and
 * committed. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import pixelmatch from 'pixelmatch';
import { PNG } from 'pngjs';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { useBrowser } from './browser';

const web = join(import.meta.dirname, '../..');
const kept = join(import.meta.dirname, 'pictures');
const different = join(web, 'screens/different');
const font = '/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf';
const isAccepted = process.env.PICTURES === 'accept';
/** Of all pixels: 96 of the smallest picture. A heading that is a sixth larger changes 2 %, a frontier that is missing 0.05 to
 * 0.17 %, two exchanged colours 0.1 to 0.2 %. */
const most = 0.0005;

const open = useBrowser({ FONTCONFIG_FILE: join(kept, 'fonts.conf') });

async function fixed(page: Page): Promise<void> {
  for (const name of ['index.json', 'models.json']) {
    await page.route(`**/api/v1/${name}`, (route) => route.fulfill({ body: readFileSync(join(kept, name)), contentType: 'application/json' }));
  }
}

const views = {
  light: { hash: '#/explore?ranges=imagenet_top1:76..', width: 1100, height: 1260, theme: 'light' },
  dark: { hash: '#/explore?ranges=imagenet_top1:76..', width: 1100, height: 1260, theme: 'dark' },
  phone: { hash: '#/explore?ranges=imagenet_top1:76..', width: 360, height: 1900, theme: 'light' },
  table: { hash: '#/explore?sort=imagenet_top1&descending=1', width: 1100, height: 700, theme: 'light', part: 'section[aria-labelledby=table-title]' },
  embed: { hash: '#/explore?embed=figure', width: 480, height: 400, theme: 'dark' },
} as const;

if (!existsSync(font)) console.log(`Explore is not compared with its pictures: they are in the font ${font}, which is not here`);

test.skipIf(!existsSync(font)).each(Object.entries(views))('Explore looks as it did: %s', async (name, view) => {
  const size = { width: view.width, height: view.height };
  const { page } = await open(view.hash, { viewport: size, colorScheme: view.theme, reducedMotion: 'reduce' }, fixed);
  await page.evaluate(() => document.fonts.ready);
  const target = 'part' in view ? page.locator(view.part) : page;
  const taken = await target.screenshot({ animations: 'disabled' });
  await page.close();
  const file = join(kept, `${name}.png`);
  if (isAccepted) {
    // Sixteen shades of each colour are as good, and a third smaller.
    const picture = PNG.sync.read(taken);
    picture.data = Buffer.from(picture.data.map((value) => Math.round(value / 17) * 17));
    writeFileSync(file, PNG.sync.write(picture, { deflateLevel: 9, colorType: 2 }));
    return;
  }
  const [now, before] = [PNG.sync.read(taken), PNG.sync.read(readFileSync(file))];
  const same = now.width === before.width && now.height === before.height;
  const difference = new PNG({ width: now.width, height: now.height });
  const count = same ? pixelmatch(before.data, now.data, difference.data, now.width, now.height, { threshold: 0.2 }) : now.width * now.height;
  const share = count / (now.width * now.height);
  const to = (what: string) => join(different, `${name}-${what}.png`);
  if (share > most) {
    mkdirSync(different, { recursive: true });
    writeFileSync(to('now'), taken);
    writeFileSync(to('differs'), PNG.sync.write(difference));
  }
  const said = `${(100 * share).toFixed(3)} % of the pixels differ from ${relative(web, file)}. Look at ${to('now')} and ${to('differs')}; if it is as wished: npm run pictures:accept`;
  expect(share, said).toBeLessThanOrEqual(most);
});
