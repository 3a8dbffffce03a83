/** What a person does, and what must come of it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { useBrowser } from './browser';

const open = useBrowser();
const api = join(import.meta.dirname, '../../fixtures/api/v1');
const models = JSON.parse(readFileSync(join(api, 'models.json'), 'utf8')) as { columns: { name: string }[]; rows: (string | number | null)[][] };
const site = JSON.parse(readFileSync(join(api, 'index.json'), 'utf8')) as { edition: { setup: string; policy: string } };
const at = (name: string) => models.columns.findIndex((column) => column.name === name);
const disturbed = /throttled|meters_disagree|not_steady|shared_device|search_cut|clock_|power_limit|temperature|busy_host|mig_slice|samples_missing/;

/** Rows of the usual view, told from the data without the page's own code. */
const usualRows = models.rows.filter(
  (row) => row[at('setup')] === site.edition.setup && row[at('policy')] === site.edition.policy && row[at('status')] === 'ok' && !disturbed.test(String(row[at('flags')])),
);
const energy = (row: (typeof usualRows)[number]) => row[at('energy_j_per_image')] as number;
/** Of those with an accuracy, which the figure has. */
const leastOfAll = usualRows.filter((row) => row[at('imagenet_top1')] !== null).sort((a, b) => energy(a) - energy(b))[0]!;
const hashOf = (page: Page) => page.evaluate(() => location.hash);
const firstCard = (page: Page) => page.locator('.cards .title').first().innerText();

describe('choosing', () => {
  test('the most efficient model above 82 % takes one click', async () => {
    const { page } = await open('');
    await page.getByRole('button', { name: '82 %' }).click();
    const best = usualRows.filter((row) => (row[at('imagenet_top1')] as number) >= 82).sort((a, b) => energy(a) - energy(b))[0]!;
    expect(await firstCard(page)).toContain(String(best[at('architecture')]));
    await page.locator('.cards .title').first().click();
    expect(await page.locator('.page-title').innerText()).toContain(String(best[at('architecture')]));
    expect(await page.getByRole('region', { name: 'How to run it' }).innerText()).toContain('timm.create_model("' + String(best[at('model')]));
    await page.close();
  });

  test('a budget in words of energy and speed keeps all of its limits', async () => {
    const { page } = await open('');
    await page.getByLabel('At least, % top-1').fill('80');
    await page.getByLabel('At most, joules per image').fill('50 mJ');
    await page.getByLabel('At least, images per second').fill('10,000');
    const keep = new Set(
      usualRows.filter((row) => (row[at('imagenet_top1')] as number) >= 80 && energy(row) <= 0.05 && (row[at('images_per_s')] as number) >= 10000)
        .map((row) => `${row[at('architecture')]}@${row[at('input_size')]}`),
    );
    expect(await page.locator('#table-title').innerText()).toBe(`${keep.size} models`);
    await page.getByLabel('At most, joules per image').fill('fifty');
    expect(await page.getByLabel('At most, joules per image').getAttribute('aria-invalid')).toBe('true');
    expect(await page.locator('#table-title').innerText()).toBe(`${keep.size} models`);
    await page.close();
  });

  test('two pinned models are compared with the interval of their ratio', async () => {
    const { page } = await open('#/explore?search=vgg11');
    await page.getByRole('checkbox', { name: /^Pin vgg11\./ }).first().check();
    await page.getByLabel('Search').fill('resnet50');
    await page.getByRole('checkbox', { name: /^Pin resnet50\./ }).first().check();
    await page.getByRole('link', { name: 'Compare the 2 pinned' }).click();
    expect(await page.locator('.compare').innerText()).toMatch(/×[\d.]+ \([\d.]+ to [\d.]+\)/);
    expect(await page.locator('.compare .best').count()).toBeGreaterThan(3);
    await page.close();
  });
});

describe('address', () => {
  test('back and forward go through what was chosen, and a reload shows the same', async () => {
    const { page } = await open('');
    await page.getByRole('button', { name: '80 %' }).click();
    const at80 = await firstCard(page);
    await page.getByRole('button', { name: '86 %' }).click();
    const at86 = await firstCard(page);
    expect(at86).not.toBe(at80);
    await page.goBack();
    expect(await firstCard(page)).toBe(at80);
    await page.goForward();
    expect(await firstCard(page)).toBe(at86);
    await page.reload();
    await page.waitForSelector('.cards');
    expect(await firstCard(page)).toBe(at86);
    await page.close();
  });

  test('a box in the figure is a filter of both axes', async () => {
    const { page } = await open('');
    // What the heading counts: of a long table only the rows in sight are drawn.
    const models = async () => parseInt(await page.locator('#table-title').innerText(), 10);
    const before = await models();
    await page.locator('.overlay').scrollIntoViewIfNeeded();
    const box = (await page.locator('.overlay').boundingBox())!;
    await page.mouse.move(box.x + 200, box.y + 100);
    await page.mouse.down();
    await page.mouse.move(box.x + 500, box.y + 250, { steps: 3 });
    await page.mouse.up();
    const hash = await hashOf(page);
    expect(hash).toMatch(/energy_j_per_image:[\d.e-]+\.\.[\d.]+/);
    expect(hash).toMatch(/imagenet_top1:[\d.]+\.\.[\d.]+/);
    expect(await models()).toBeLessThan(before);
    await page.getByRole('link', { name: 'Clear all filters' }).click();
    expect(await hashOf(page)).not.toContain('ranges');
    await page.close();
  });

  test('is not trusted', async () => {
    const cases: [string, RegExp, RegExp][] = [
      ['#/model/resnet5O', /No model is called resnet5O/, /resnet50/],
      ['#/nowhere', /There is no view “nowhere”/, /start afresh/],
      ['#/explore?x=password&ranges=nonsense%3A1..', /There is no column password, nonsense/, /Use the usual ones/],
      ['#/explore?setup=abacus', /Nothing was measured there/, /Look at the usual setup/],
      ['#/explore?xScale=cubic', /is not understood/, /Keep the rest/],
      ['#/explore?ranges=imagenet_top1%3A99..', /No model keeps all of that/, /Without any limit/],
      ['#/explore?ranges=imagenet_top1:87..,energy_j_per_image:..0.1', /keeps all but the limit on energy per image, with/, /Take it in/],
      ['#/explore?search=%3Cimg%20onerror%3Dalert(1)%3E', /No model keeps all of that/, /Without any limit/],
      ['#/compare?pins=abacus', /abacus has no measurement/, /Leave it out/],
      ['#/findings?finding=abacus', /There is no analysis “abacus”/, /See those that there are/],
      ['#/compare?embed=figure', /There is no figure “figure” in Compare/, /See what there is/],
      ['#/explore?embed=abacus', /There is no figure “abacus” in Explore/, /See what there is/],
      ['#/explore?embed=figure&ranges=imagenet_top1:99..', /There is nothing to draw/, /See why/],
      ['#/findings?finding=frontier&embed=abacus', /There is no figure “abacus” in this analysis/, /See those that there are/],
      ['#/findings?finding=abacus&embed=frontier', /There is no analysis “abacus”/, /See those that there are/],
      ['#/setups?from=a&to=b', /Too few to say/, /See two that share models/],
      ['#/calculator?pins=abacus', /abacus was not measured there/, /Take another/],
    ];
    const { page, complaints } = await open('');
    for (const [hash, said, way] of cases) {
      await page.goto(page.url().split('#')[0] + hash);
      await page.waitForFunction((text) => document.querySelector('main')!.innerText.match(text), said.source);
      const main = await page.locator('main').innerText();
      expect(main, hash).toMatch(said);
      expect(main, hash).toMatch(way);
      expect(complaints, hash).toEqual([]);
    }
    await page.close();
  });
});

test('every setup and policy has every view, and repeated names break none', async () => {
  const { page, complaints } = await open('#/explore');
  const setups = (site as unknown as { setups: { name: string; policies: string[] }[] }).setups;
  const places = [...setups.flatMap(({ name, policies }) => policies.map((policy) => `setup=${name}&policy=${policy}`)), 'setup=*'];
  for (const place of places) {
    for (const view of ['explore?colour=setup&weights=all&with=failed,disturbed&', 'compare?pins=resnet50,resnet50,resnet50.a1_in1k,no,no&', 'model/resnet50?', 'calculator?', 'setups?', 'findings?finding=batch&']) {
      await page.goto(`${page.url().split('#')[0]}#/${view}${place}&ranges=imagenet_top1:1..,imagenet_top1:2..&columns=kind,kind`);
      await page.waitForFunction(() => !document.querySelector('.waiting'));
      expect((await page.locator('main').innerText()).length, `${view} ${place}`).toBeGreaterThan(100);
      expect(complaints, `${view} ${place}`).toEqual([]);
    }
  }
  await page.close();
});

describe('without a mouse', () => {
  test('arrow keys go through the points and say each, Enter opens it', async () => {
    const { page } = await open('#/explore');
    const plot = page.getByRole('application');
    await plot.focus();
    await page.keyboard.press('Home');
    const said = page.locator('[aria-live=polite][aria-atomic]');
    expect(await said.innerText()).toContain(String(leastOfAll[at('architecture')]));
    expect(await said.innerText()).toMatch(/measured/);
    const first = await said.innerText();
    await page.keyboard.press('ArrowRight');
    expect(await said.innerText()).not.toBe(first);
    await page.keyboard.press('p');
    expect(await hashOf(page)).toContain('pins=');
    await page.keyboard.press('Home');
    await page.keyboard.press('Enter');
    expect(await page.locator('.page-title').innerText()).toContain(String(leastOfAll[at('architecture')]));
    await page.close();
  });

  test('headers sort, and a long table draws only a part of itself', async () => {
    const { page } = await open('#/explore?weights=all');
    const header = page.getByRole('columnheader', { name: 'ImageNet top-1' });
    await header.getByRole('button').press('Enter');
    expect(await header.getAttribute('aria-sort')).toBe('descending');
    const region = page.getByRole('region', { name: 'Table of the models shown' });
    const total = Number((await page.locator('#table-title').innerText()).split(' ')[0]);
    const rows = region.locator('tbody tr:not(.space)');
    expect(await rows.count()).toBeLessThan(total);
    await region.evaluate((element) => element.scrollTo(0, element.scrollHeight));
    await page.waitForFunction((last) => document.querySelector(`tr[aria-rowindex="${last}"]`), total + 1);
    await page.close();
  });

  test('an unknown value says why', async () => {
    const { page } = await open('#/explore?with=failed&sort=status');
    expect(await page.locator('tr.failed .unknown, .unknown').first().innerText()).toMatch(/–.*unknown: /s);
    await page.close();
  });
});

describe('figures', () => {
  test('can be kept as SVG, PNG and CSV', async () => {
    const { page, complaints } = await open('#/explore');
    for (const [button, ending] of [['SVG', '.svg'], ['PNG', '.png'], ['CSV', '.csv']] as const) {
      const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: button, exact: true }).click()]);
      expect(download.suggestedFilename()).toMatch(new RegExp(`^joulemark.*\\${ending}$`));
      const content = readFileSync((await download.path())!);
      expect(content.length).toBeGreaterThan(5000);
      if (button === 'SVG') expect(usualRows.filter((row) => content.toString().includes(`>${row[at('architecture')]}<`)).length).toBeGreaterThan(5);
    }
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('of thousands of points have each at its place, in its colour', async () => {
    const [base] = usualRows.filter((row) => row[at('kind')] === 'CNN');
    // One alone in the lower left corner, the others in a heap far from it.
    const rows = Array.from({ length: 2500 }, (_, i) => {
      const row = [...base!];
      row[at('architecture')] = `net_${i}`;
      row[at('model')] = `net_${i}.a`;
      row[at('energy_j_per_image')] = i === 0 ? 0.001 : 1 + i / 2500;
      row[at('imagenet_top1')] = i === 0 ? 50 : 80 + ((i * 7) % 100) / 20;
      return row;
    });
    const { page } = await open('#/explore?hide=labels,frontier&theme=light', {}, async (p) => {
      await p.route('**/api/v1/models.json', (route) => route.fulfill({ json: { ...models, rows } }));
    });
    const pixel = await page.evaluate(() => {
      const canvas = document.querySelector('canvas')!;
      const [w, h] = [canvas.width, canvas.height];
      const edge = 0.04 / 1.08;
      const [x, y] = [76 + (w - 92) * edge, h - 48 - (h - 62) * edge];
      return [...canvas.getContext('2d')!.getImageData(Math.round(x), Math.round(y), 1, 1).data];
    });
    // Nine tenths of #0067b1 over white.
    const wanted = [26, 118, 185, 255];
    pixel.forEach((value, i) => expect(Math.abs(value - wanted[i]!), `${pixel}`).toBeLessThan(4));
    expect(await page.locator('.plot + .fine').innerText()).toMatch(/^2500 of 2500 models.*So many intervals would hide the points/);
    await page.close();
  });

  test('show a point where the pointer is', async () => {
    const [some] = usualRows.filter((row) => row[at('architecture')] === 'levit_conv_384');
    const { page } = await open('#/explore?search=levit_conv_384');
    const box = (await page.locator('.overlay').boundingBox())!;
    // One point alone stands in the middle of its axes.
    await page.mouse.move(box.x + (76 + box.width - 16) / 2, box.y + (14 + box.height - 48) / 2);
    expect(await page.locator('.tip').innerText()).toMatch(
      new RegExp(`levit_conv_384[\\s\\S]*${(1000 * energy(some!)).toPrecision(3)} mJ[\\s\\S]*measured`),
    );
    await page.close();
  });
});

test('a prediction says so, and never passes for a measurement', async () => {
  const predicted = models.rows.map((row, i) =>
    i === 0
      ? row.map((cell, c) => {
          const name = models.columns[c]!.name;
          const given: Record<string, string | number | null> = {
            model: 'unseen_net.a_in1k', architecture: 'unseen_net', setup: site.edition.setup, policy: site.edition.policy, status: 'predicted',
            energy_origin: 'predicted', energy_j_per_image: 0.001, ci95_rel: 0.4, imagenet_top1: 99, run: null, measured_at: null, flags: 'extrapolated',
          };
          return name in given ? given[name]! : cell;
        })
      : row,
  );
  const route = async (page: Page) => {
    await page.route('**/api/v1/models.json', (r) => r.fulfill({ json: { ...models, rows: predicted } }));
  };
  const { page } = await open('#/explore', {}, route);
  expect(await firstCard(page)).not.toContain('unseen_net');
  await page.getByLabel(/^models that nobody measured, predicted/).check();
  expect(await firstCard(page)).toContain('unseen_net');
  expect(await page.locator('.cards li').first().innerText()).toMatch(/pred\./);
  // 99 % for 1 mJ would be the whole frontier, one model, if it counted.
  expect(await page.locator('.plot + .fine').innerText()).toMatch(/frontier of the measurements shown: ([2-9]|\d\d+) models/);
  await page.locator('.cards .title').first().click();
  await page.waitForSelector('.page-title');
  expect(await page.locator('main').innerText()).toMatch(/Nobody measured it here[\s\S]*There is no run to cite/);
  await page.close();
});

describe('a host that fails', () => {
  test.each([
    ['index.json', 'not JSON at all', /index\.json is not JSON/],
    ['models.json', '{"schema":"joulemark.models/9"}', /models\.json is not as agreed/],
  ])('is said, with a way on: %s', async (file, body, said) => {
    let isBroken = true;
    const { page } = await open('#/explore', {}, async (p) => {
      await p.route(`**/api/v1/${file}`, (route) => (isBroken ? route.fulfill({ body, contentType: 'application/json' }) : route.continue()));
    });
    expect(await page.getByRole('alert').innerText()).toMatch(said);
    isBroken = false;
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.waitForSelector('.cards');
    await page.close();
  });

  test('an analysis that is corrupt leaves the rest alone', async () => {
    const { page } = await open('#/findings', {}, async (p) => {
      await p.route('**/analyses/**/frontier.json', (route) => route.fulfill({ body: '{"analysis": 1}' }));
    });
    expect(await page.getByRole('alert').innerText()).toMatch(/frontier\.json is not as agreed/);
    await page.getByRole('button', { name: 'Price of accuracy' }).click();
    await page.waitForSelector('#finding-title');
    await page.close();
  });
});

test('a database without rows is said to be empty, in every view', async () => {
  const index = { ...site, setups: [], edition: null, analyses: [] };
  for (const view of ['explore', 'compare', 'model/resnet50', 'setups', 'findings', 'calculator', 'data']) {
    const { page, complaints } = await open(`#/${view}`, {}, async (p) => {
      await p.route('**/api/v1/index.json', (route) => route.fulfill({ json: index }));
      await p.route('**/api/v1/models.json', (route) => route.fulfill({ json: { ...models, rows: [] } }));
    });
    expect(await page.locator('.notice').first().innerText(), view).toMatch(/Nothing is measured yet/);
    expect(complaints, view).toEqual([]);
    await page.close();
  }
});

test('the calculator carries the interval', async () => {
  const { page } = await open('#/calculator?joules=0.036&images=1000000&pue=1&grid=500&price=1');
  // 36 kJ a day are 0.01 kWh: 3.65 kWh, 3.65 and 1.825 kg a year.
  const year = page.locator('tr', { hasText: 'a year' });
  expect(await year.innerText()).toMatch(/3\.65 kWh[\s\S]*3\.65[\s\S]*1\.8[23] kg/);
  await page.getByLabel('Model').selectOption({ index: 1 });
  expect(await year.innerText()).toMatch(/\d Wh|kWh to .*kWh/);
  await page.getByLabel('PUE').fill('0.5');
  expect(await page.getByLabel('PUE').getAttribute('aria-invalid')).toBe('true');
  await page.close();
});
