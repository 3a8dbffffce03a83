// The page and the same scatter in Plotly and ECharts, in headless Chromium. Called by web.py; prints one object of JSON.
//
//   node bench/web/page.mjs ADDRESS ROUNDS
//
// Points are made up from those that were measured, with other names and a little more or less energy. A redraw is a change of
// the x axis between logarithmic and linear, from the call until the frame after it is painted; of the page also with all that
// follows from it (filters, answers, frontier, names; not the table, which the page makes after that frame), and of that the
// canvas. Hovering is what the page's thread does for one event of the pointer and the frames after it, by the browser's own
// account.

import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const { chromium } = createRequire(join(here, '../../web/package.json'))('playwright-core');
const require = createRequire(import.meta.url);
const [address, rounds] = [process.argv[2], Number(process.argv[3])];
const counts = [1600, 12000];

/** Always the same numbers between 0 and 1. */
function drawing(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** models.json with `count` models of the edition's setup and policy, each with one set of weights. */
function madeUp(models, site, count) {
  const at = (name) => models.columns.findIndex((column) => column.name === name);
  const usual = models.rows.filter(
    (row) => row[at('setup')] === site.edition.setup && row[at('policy')] === site.edition.policy && row[at('status')] === 'ok' && row[at('imagenet_top1')] !== null,
  );
  const draw = drawing(1);
  const rows = Array.from({ length: count }, (_, i) => {
    const row = [...usual[i % usual.length]];
    row[at('architecture')] = `${row[at('architecture')]}_${i}`;
    row[at('model')] = `${row[at('architecture')]}.made_up`;
    row[at('run')] = `made-up-${i}`;
    row[at('energy_j_per_image')] *= Math.exp(draw() - 0.5);
    row[at('imagenet_top1')] -= 5 * draw();
    return row;
  });
  const points = rows.map((row) => ({ x: row[at('energy_j_per_image')], y: row[at('imagenet_top1')], kind: row[at('kind')] ?? 'other' }));
  return { body: JSON.stringify({ ...models, rows }), points };
}

/** In the page: `frame()` ends when what was changed is painted, `timed(change)` says how long that took in ms. */
function tools() {
  globalThis.frame = () =>
    new Promise((done) =>
      requestAnimationFrame(() => {
        const channel = new MessageChannel();
        channel.port1.onmessage = done;
        channel.port2.postMessage(0);
      }),
    );
  globalThis.timed = async (change) => {
    await frame();
    const began = performance.now();
    await change();
    await frame();
    return performance.now() - began;
  };
}

async function opened(browser, before) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  page.setDefaultTimeout(120_000);
  await page.addInitScript(tools);
  await before?.(page);
  return { page, close: () => context.close() };
}

/** From the first request, with an empty cache: when something is painted, and when the answers are there. */
async function firstPaint(browser) {
  const { page, close } = await opened(browser, (p) =>
    p.addInitScript(() => {
      const look = () => (document.querySelector('.cards') ? (globalThis.answeredAt = performance.now()) : requestAnimationFrame(look));
      requestAnimationFrame(look);
    }),
  );
  await page.goto(address);
  await page.waitForFunction(() => globalThis.answeredAt);
  const found = await page.evaluate(() => [performance.getEntriesByName('first-contentful-paint')[0].startTime, globalThis.answeredAt]);
  await close();
  return { paint: found[0], answers: found[1] };
}

async function many(times, one) {
  const all = [];
  for (let i = 0; i < times; i++) all.push(await one(i));
  return all;
}

/** Milliseconds that the page's thread takes for each of 40 places of the pointer over the element. */
async function hovered(page, selector) {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  const busy = async () => 1000 * (await session.send('Performance.getMetrics')).metrics.find((m) => m.name === 'TaskDuration').value;
  const box = await page.locator(selector).first().boundingBox();
  const each = [];
  for (let i = 0; i < 40; i++) {
    const before = await busy();
    await page.mouse.move(box.x + box.width * (0.1 + 0.02 * i), box.y + box.height * (0.2 + 0.015 * ((i * 7) % 40)));
    await page.waitForTimeout(80); // Plotly looks at the pointer every 50 ms
    each.push((await busy()) - before);
  }
  return each;
}

/** `change` is a function of the page, of the number of the round. */
async function redrawn(page, change) {
  await page.evaluate(change, 1);
  return many(rounds, (i) => page.evaluate(change, i));
}

/** Milliseconds that the last redraws took on the canvas alone, as the page marks them. */
const onCanvas = (page) =>
  page.evaluate((last) => performance.getEntriesByName('joulemark-draw').slice(-last).map((entry) => entry.duration), rounds);

async function ofPage(browser, data) {
  const { page, close } = await opened(browser, (p) =>
    p.route('**/api/v1/models.json', (route) => route.fulfill({ body: data.body, contentType: 'application/json' })),
  );
  await page.goto(`${address}#/explore`);
  await page.waitForSelector('.cards');
  const redraw = await redrawn(page, (i) => timed(() => void (location.hash = i % 2 ? '#/explore?xScale=linear' : '#/explore')));
  const canvas = await onCanvas(page);
  const hover = await hovered(page, '.plot canvas');
  const keys = await redrawn(page, (i) =>
    timed(() => {
      const field = document.querySelector('input[type=search]');
      field.value = ['r', 're', 'res', 're', 'r', ''][i % 6];
      field.dispatchEvent(new Event('input', { bubbles: true }));
    }),
  );
  await close();
  return { redraw, canvas, hover, keys };
}

const shell = '<!doctype html><meta charset="utf-8"><div id="plot" style="width:860px;height:460px"></div>';

/** `draw` is told the points and the type, `change` the round; all of them run in the page. */
async function ofLibrary(browser, { script, draw, change, selector, type }, points) {
  const { page, close } = await opened(browser);
  await page.goto('about:blank');
  await page.setContent(shell);
  await page.addScriptTag({ content: readFileSync(require.resolve(script), 'utf8') });
  await page.evaluate(draw, { points, type });
  const redraw = await redrawn(page, change);
  const hover = await hovered(page, selector);
  await close();
  return { redraw, hover };
}

const plotlyDraw = ({ points, type }) => {
  const kinds = [...new Set(points.map((p) => p.kind))];
  const traces = kinds.map((kind) => {
    const of = points.filter((p) => p.kind === kind);
    return { type, mode: 'markers', name: kind, x: of.map((p) => p.x), y: of.map((p) => p.y) };
  });
  return timed(() => Plotly.newPlot('plot', traces, { xaxis: { type: 'log' } }));
};
const plotlyChange = (i) => timed(() => Plotly.relayout('plot', { 'xaxis.type': i % 2 ? 'linear' : 'log' }));

const echartsDraw = ({ points }) => {
  const kinds = [...new Set(points.map((p) => p.kind))];
  const series = kinds.map((kind) => ({ type: 'scatter', name: kind, symbolSize: 8, data: points.filter((p) => p.kind === kind).map((p) => [p.x, p.y]) }));
  return timed(() => {
    globalThis.chart = echarts.init(document.querySelector('#plot'));
    chart.setOption({ animation: false, tooltip: {}, xAxis: { type: 'log' }, yAxis: { scale: true }, series });
  });
};
const echartsChange = (i) => timed(() => chart.setOption({ xAxis: { type: i % 2 ? 'value' : 'log' } }));

const plotly = { script: 'plotly.js-dist-min', draw: plotlyDraw, change: plotlyChange, selector: '#plot .nsewdrag' };
const libraries = {
  ECharts: { script: 'echarts/dist/echarts.min.js', draw: echartsDraw, change: echartsChange, selector: '#plot canvas' },
  'Plotly scatter': { ...plotly, type: 'scatter' },
  'Plotly scattergl': { ...plotly, type: 'scattergl' },
};

async function main() {
  const read = async (path) => (await fetch(`${address}api/v1/${path}`)).json();
  const [models, site] = [await read('models.json'), await read('index.json')];
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
  const out = { chromium: browser.version(), paint: await many(rounds, () => firstPaint(browser)), points: {} };
  for (const count of counts) {
    const data = madeUp(models, site, count);
    out.points[count] = { Joulemark: await ofPage(browser, data) };
    for (const [name, library] of Object.entries(libraries)) {
      out.points[count][name] = await ofLibrary(browser, library, data.points);
    }
  }
  await browser.close();
  console.log(JSON.stringify(out));
}

await main();
