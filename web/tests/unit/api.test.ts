import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv2020 from 'ajv/dist/2020.js';
import { beforeAll, describe, expect, test } from 'vitest';
import { belowApi, readAnalysis, readModels, readSite, type Fetch } from '../../src/lib/api';

const web = join(import.meta.dirname, '../..');
const root = join(web, 'fixtures/api/v1');
const load = (path: string) => JSON.parse(readFileSync(path, 'utf8'));
const schema = (name: string) => load(join(web, `api/${name}.schema.json`));
const files: Fetch = async (path) => new Response(readFileSync(join(web, 'fixtures', path)));
const answering = (body: string, status = 200): Fetch => async () => new Response(body, { status });

describe('real data', () => {
  let validator: Ajv2020;
  beforeAll(() => {
    validator = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false });
    validator.addSchema(schema('analysis'));
  });

  test('keeps the schemas, and the page understands it', async () => {
    for (const [name, read] of [['index', readSite], ['models', readModels]] as const) {
      expect(validator.validate(schema(name), load(join(root, `${name}.json`))), validator.errorsText()).toBe(true);
      expect(await read(files)).toHaveProperty('ok', true);
    }
    const analyses = readdirSync(join(root, 'analyses'), { recursive: true, encoding: 'utf8' }).filter((f) => f.endsWith('.json'));
    expect(analyses.length).toBeGreaterThan(7);
    for (const path of analyses) {
      expect(validator.validate('joulemark.analysis', load(join(root, 'analyses', path))), `${path}: ${validator.errorsText()}`).toBe(true);
      expect(await readAnalysis(`analyses/${path}`, files), path).toHaveProperty('ok', true);
    }
  });

  test('explains each column, and has every analysis that it lists', async () => {
    const models = await readModels(files);
    if (!models.ok) throw new Error(models.problem.what);
    expect(models.value.columns.filter((column) => column.meaning === '').map((column) => column.name)).toEqual([]);
    const site = await readSite(files);
    if (!site.ok) throw new Error(site.problem.what);
    for (const { path } of site.value.analyses) expect(await readAnalysis(path, files)).toHaveProperty('ok', true);
  });
});

describe('what is not as agreed', () => {
  const good = { schema: 'joulemark.models/1', columns: [{ name: 'a', unit: '', meaning: '' }], rows: [[1]] };
  test.each([
    ['no JSON', '{"schema"'],
    ['another schema', JSON.stringify({ ...good, schema: 'joulemark.models/2' })],
    ['a short row', JSON.stringify({ ...good, rows: [[]] })],
    ['a cell that is an object', JSON.stringify({ ...good, rows: [[{}]] })],
    ['no rows', JSON.stringify({ ...good, rows: undefined })],
    ['null', 'null'],
    ['a page', '<!doctype html>'],
  ])('is refused in words: %s', async (_, body) => {
    const result = await readModels(answering(body));
    expect(result.ok).toBe(false);
    if (!result.ok) expect(result.problem.what).toContain('api/v1/models.json');
    expect(await readModels(answering(JSON.stringify(good)))).toHaveProperty('ok', true);
  });

  test('is said for what is missing or out of reach', async () => {
    const missing = await readSite(answering('', 404));
    expect(!missing.ok && missing.problem.what).toContain('404');
    const offline = await readSite(() => Promise.reject(new TypeError('offline')));
    expect(!offline.ok && offline.problem.next).toContain('host');
  });
});

test('paths of analyses may begin at the root', () => {
  expect(['analyses/a.json', '/api/v1/analyses/a.json', 'api/v1/analyses/a.json'].map(belowApi)).toEqual(Array(3).fill('analyses/a.json'));
});
