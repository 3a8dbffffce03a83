// Pictures of every view, light and dark, at three widths: to be looked at by a person.
//
//   npm run build && node scripts/screens.mjs [VIEW…]     writes screens/*.png

import { mkdirSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { host } from './host.mjs';

const views = {
  explore: '#/explore',
  answer: '#/explore?ranges=imagenet_top1%3A82..',
  empty: '#/explore?ranges=imagenet_top1%3A99..&foo=1',
  compare: '#/compare?pins=resnet50.fb_swsl_ig1b_ft_in1k@224x224,convnext_tiny.in12k_ft_in1k@224x224,levit_conv_384.fb_dist_in1k@224x224',
  model: '#/model/resnet50',
  setups: '#/setups',
  findings: '#/findings',
  returns: '#/findings?finding=returns',
  few: '#/findings?finding=batch',
  calculator: '#/calculator',
  method: '#/method',
  data: '#/data',
};
const wanted = process.argv.slice(2);
const { url, close } = await host();
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
mkdirSync('screens', { recursive: true });
for (const [name, hash] of Object.entries(views)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  for (const theme of ['light', 'dark']) {
    for (const width of [360, 768, 1440]) {
      const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme: theme });
      page.on('console', (m) => m.type() === 'error' && console.log(name, m.text()));
      page.on('pageerror', (e) => console.log(name, String(e)));
      await page.goto(url + hash);
      await page.waitForFunction(() => !document.querySelector('.waiting'));
      await page.waitForTimeout(200);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      if (overflow > 0) console.log(`${name} at ${width}: ${overflow} px too wide`);
      await page.screenshot({ path: `screens/${name}-${theme}-${width}.png`, fullPage: true });
      await page.close();
    }
  }
}
await browser.close();
close();
