// Makes fixtures/api/v1, the documents that the page reads, from real measurements with the program itself.
//
//   JOULEMARK=../build/release/bin/joulemark node scripts/fixtures.mjs [--predicted]
//
// JOULEMARK     the program; without it, the release build of this checkout
// JOULEMARK_DB  rows to take; without it, data/results
// --predicted   also the models that nobody measured, as a test of many points

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const web = dirname(dirname(fileURLToPath(import.meta.url)));
const root = dirname(web);
const program = resolve(process.env.JOULEMARK ?? join(root, 'build/release/bin/joulemark'));
const db = resolve(process.env.JOULEMARK_DB ?? join(root, 'data/results'));
const api = join(web, 'fixtures/api/v1');

/** `analyse` takes these policies; rows of `fixed` belong to `batch`. */
const policies = ['throughput', 'batch_1', 'min_energy'];

function joulemark(...args) {
  return execFileSync(program, [...args, '--db', db], {
    encoding: 'utf8',
    maxBuffer: 1 << 30,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Names, units and meanings as the documents state them, so that they are stated once. */
function documented() {
  const units = new Map();
  for (const page of ['columns.md', 'joined.md']) {
    for (const line of readFileSync(join(root, 'docs', page), 'utf8').split('\n')) {
      const found = /^\| `([a-z0-9_]+)` \| (.*?) ?\| (.*) \|$/.exec(line);
      if (found) units.set(found[1], { unit: found[2].trim(), meaning: found[3] });
    }
  }
  const images = { real: 'ReaL', v2: 'ImageNetV2', sketch: 'ImageNet-Sketch', a: 'ImageNet-A', r: 'ImageNet-R' };
  images.a_clean = 'the ImageNet images of the classes of A';
  images.r_clean = 'the ImageNet images of the classes of R';
  for (const [set, title] of Object.entries(images)) {
    for (const part of ['top1', 'top1_ci95', 'top5', 'top5_ci95', 'origin']) {
      const like = units.get(`imagenet_${part}`);
      const meaning = part.endsWith('ci95')
        ? 'half width of its 95 % interval'
        : like.meaning.replace('ImageNet', title);
      units.set(`${set}_${part}`, { unit: like.unit, meaning });
    }
  }
  return units;
}

/** The model index of each row that the edition gives one, by run and weights. */
function indices(setups, rows) {
  const found = new Map();
  let edition = null;
  for (const setup of setups) {
    let scores;
    try {
      scores = JSON.parse(joulemark('score', '--setup', setup, '--json'));
    } catch (error) {
      console.warn(`No index for ${setup}: ${String(error.stderr ?? error).trim().split('\n').at(-1)}`);
      continue;
    }
    edition = { name: scores.edition, draft: scores.edition_is_draft };
    // Without names, one set of weights for each model is scored: the best. With names, each.
    const fit = new Set(scores.models.map((model) => model.model));
    const names = rows
      .filter((row) => row.setup === setup && fit.has(`${row.architecture}@${row.input_size}`))
      .filter((row) => row.imagenet_top1 !== null)
      .map((row) => `${row.model}@${row.input_size}`);
    if (names.length === 0) continue;
    const all = JSON.parse(joulemark('score', ...new Set(names), '--setup', setup, '--json'));
    for (const model of all.models) {
      if (model.model_index.index !== null) found.set(`${model.run} ${model.weights}`, model.model_index);
    }
  }
  if (edition) {
    const file = JSON.parse(readFileSync(join(root, 'data/editions', `${edition.name}.json`), 'utf8'));
    edition = { ...edition, setup: file.setup, policy: file.policy };
  }
  return { found, edition };
}

function write(path, value) {
  mkdirSync(dirname(join(api, path)), { recursive: true });
  writeFileSync(join(api, path), JSON.stringify(value));
}

function analyses(setups) {
  const written = [];
  for (const setup of setups) {
    for (const policy of setup.policies.filter((p) => policies.includes(p))) {
      const folder = `analyses/${setup.name}/${policy}`;
      joulemark('analyse', '--setup', setup.name, '--policy', policy, '--out', join(api, folder));
      // `runtimes` compares setups, so that of one setup would have nothing to say.
      joulemark('analyse', 'runtimes', '--policy', policy, '--out', join(api, folder));
      for (const file of readdirSync(join(api, folder)).filter((one) => one.endsWith('.json'))) {
        written.push({ setup: setup.name, policy, name: file.replace('.json', ''), path: `${folder}/${file}` });
      }
    }
  }
  return written;
}

function main() {
  if (!existsSync(program)) throw new Error(`No program at ${program}: build it, or set JOULEMARK to one.`);
  rmSync(api, { recursive: true, force: true });
  const predicted = process.argv.includes('--predicted') ? ['--predicted'] : [];
  const rows = JSON.parse(joulemark('export', '--joined', ...predicted, '--format', 'json'));
  const names = Object.keys(rows[0]);
  const units = documented();
  const setups = [...Map.groupBy(rows, (row) => row.setup)].map(([name, of]) => ({
    name,
    device: of[0].device,
    runtime: of[0].runtime,
    format: of[0].format,
    precision: of[0].precision,
    layout: of[0].layout,
    policies: [...new Set(of.map((row) => row.policy))].sort(),
    models: new Set(
      of.filter((r) => r.status === 'ok').map((r) => `${r.architecture}@${r.input_size}`),
    ).size,
  }));
  const { found, edition } = indices(setups.map((s) => s.name), rows);
  const columns = names.map((name) => ({ name, ...(units.get(name) ?? { unit: '', meaning: '' }) }));
  columns.push(
    { name: 'index', unit: '1', meaning: 'times the energy that the frontier takes for the same accuracy, on ImageNet' },
    { name: 'index_low', unit: '1', meaning: 'lower end of its 95 % interval' },
    { name: 'index_high', unit: '1', meaning: 'upper end of its 95 % interval' },
    { name: 'letters', unit: '', meaning: 'letter of the index, and those that its interval reaches' },
  );
  write('models.json', {
    schema: 'joulemark.models/1',
    columns,
    rows: rows.map((row) => {
      const index = found.get(`${row.run} ${row.model}`);
      const score = index ? [index.index, index.low, index.high, index.letters] : [null, null, null, null];
      return [...names.map((name) => row[name]), ...score];
    }),
  });
  write('index.json', {
    schema: 'joulemark.site/1',
    joulemark: execFileSync(program, ['--version'], { encoding: 'utf8' }).trim().split(' ').at(-1),
    setups,
    edition,
    analyses: analyses(setups),
  });
  console.log(`${rows.length} rows, ${setups.length} setups in ${api}`);
}

// Node 20 has no Map.groupBy.
Map.groupBy ??= (items, keyOf) => {
  const groups = new Map();
  for (const item of items) {
    const key = keyOf(item);
    groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  return groups;
};

main();
