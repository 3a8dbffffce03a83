/** Reads the API and refuses what it does not understand: a page must not draw what it guesses. */
import * as v from 'valibot';
import { failure, success, type Result } from './result';
import { Table } from './table';

const Setup = v.object({
  name: v.string(),
  device: v.string(),
  runtime: v.string(),
  format: v.nullable(v.string()),
  precision: v.string(),
  layout: v.string(),
  policies: v.array(v.string()),
  models: v.number(),
});

const Edition = v.object({
  name: v.string(),
  draft: v.boolean(),
  setup: v.string(),
  policy: v.string(),
});

const AnalysisEntry = v.object({
  setup: v.string(),
  policy: v.string(),
  name: v.string(),
  path: v.string(),
});

export const SiteSchema = v.object({
  schema: v.literal('joulemark.site/1'),
  joulemark: v.string(),
  setups: v.array(Setup),
  edition: v.nullable(Edition),
  analyses: v.array(AnalysisEntry),
});

const Column = v.object({ name: v.string(), unit: v.string(), meaning: v.string() });

/** Cells are looked at by hand: there may be a million of them. */
const Rows = v.custom<Cell[][]>(
  (rows) =>
    Array.isArray(rows) &&
    rows.every(
      (row) =>
        Array.isArray(row) &&
        row.every((c) => c === null || typeof c === 'string' || Number.isFinite(c)),
    ),
  'rows are not lists of numbers, texts and nulls',
);

export const ModelsSchema = v.pipe(
  v.object({
    schema: v.literal('joulemark.models/1'),
    columns: v.pipe(v.array(Column), v.minLength(1)),
    rows: Rows,
  }),
  v.check(
    ({ columns, rows }) => rows.every((row) => row.length === columns.length),
    'a row has another number of cells than there are columns',
  ),
);

const Value = v.object({
  name: v.string(),
  about: v.optional(v.string(), ''),
  value: v.nullable(v.number()),
  unit: v.string(),
  low: v.optional(v.nullable(v.number()), null),
  high: v.optional(v.nullable(v.number()), null),
  no_interval: v.optional(v.string(), ''),
  n: v.nullable(v.number()),
});

const LeftOut = v.object({
  reason: v.string(),
  meaning: v.string(),
  count: v.number(),
});

const Figure = v.looseObject({ name: v.optional(v.string()), title: v.optional(v.string()) });

export const AnalysisSchema = v.object({
  analysis: v.string(),
  what: v.string(),
  setup: v.nullable(v.string()),
  policy: v.nullable(v.string()),
  n: v.number(),
  of: v.string(),
  too_few: v.boolean(),
  sentences: v.array(v.string()),
  caveats: v.array(v.string()),
  values: v.array(Value),
  left_out: v.array(LeftOut),
  columns: v.optional(v.array(Column), []),
  rows: v.optional(v.array(v.record(v.string(), v.unknown())), []),
  seed: v.optional(v.nullable(v.number()), null),
  resamples: v.optional(v.nullable(v.number()), null),
  figures: v.optional(v.array(Figure), []),
});

export type Cell = string | number | null;
export type Site = v.InferOutput<typeof SiteSchema>;
export type SetupInfo = Site['setups'][number];
export type AnalysisEntry = v.InferOutput<typeof AnalysisEntry>;
export type Analysis = v.InferOutput<typeof AnalysisSchema>;
export type AnalysisValue = Analysis['values'][number];

export type Fetch = (path: string) => Promise<Response>;

const again = 'Reload the page; if that does not help, the host serves something else here.';

/** One document of the API, checked. `path` is below api/v1/. */
export async function read<S extends v.GenericSchema>(
  path: string,
  schema: S,
  fetcher: Fetch = (p) => fetch(p),
): Promise<Result<v.InferOutput<S>>> {
  const url = `api/v1/${path}`;
  let response: Response;
  try {
    response = await fetcher(url);
  } catch {
    return failure(`${url} could not be reached.`, 'See whether the host still runs, then reload.');
  }
  if (!response.ok) return failure(`${url} answered ${response.status}.`, again);
  let json: unknown;
  try {
    json = await response.json();
  } catch {
    return failure(`${url} is not JSON.`, again);
  }
  const parsed = v.safeParse(schema, json);
  if (parsed.success) return success(parsed.output);
  const issue = parsed.issues[0];
  const where = v.getDotPath(issue);
  return failure(`${url} is not as agreed${where ? `, at ${where}` : ''}: ${issue.message}.`, again);
}

/** Paths of analyses are below api/v1/; a host may also write them from its root. */
export function belowApi(path: string): string {
  return path.replace(/^\/+/, '').replace(/^api\/v1\//, '');
}

export function readSite(fetcher?: Fetch): Promise<Result<Site>> {
  return read('index.json', SiteSchema, fetcher);
}

export async function readModels(fetcher?: Fetch): Promise<Result<Table>> {
  const models = await read('models.json', ModelsSchema, fetcher);
  return models.ok ? success(new Table(models.value.columns, models.value.rows)) : models;
}

export function readAnalysis(path: string, fetcher?: Fetch): Promise<Result<Analysis>> {
  return read(belowApi(path), AnalysisSchema, fetcher);
}
