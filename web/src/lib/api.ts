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
  label: v.string(),
  n: v.number(),
  path: v.string(),
});

export const SiteSchema = v.object({
  schema: v.literal('joulemark.site/1'),
  joulemark: v.string(),
  setups: v.array(Setup),
  edition: v.nullable(Edition),
  database: v.nullable(v.string()),
  analyses: v.array(AnalysisEntry),
});

const Column = v.object({ name: v.string(), unit: v.string(), meaning: v.string() });

/** Cells are looked at by hand: there may be a million of them. */
export const ModelsSchema = v.custom<{ columns: v.InferOutput<typeof Column>[]; rows: Cell[][] }>((input) => {
  const is = v.is(v.object({ schema: v.literal('joulemark.models/1'), columns: v.array(Column) }), input);
  if (!is || !('rows' in input) || !Array.isArray(input.rows)) return false;
  return input.rows.every(
    (row) =>
      Array.isArray(row) &&
      row.length === input.columns.length &&
      row.every((cell) => cell === null || typeof cell === 'string' || Number.isFinite(cell)),
  );
}, 'not columns, and rows with as many numbers, texts and nulls');

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

/** A file beside the analysis, and no path that leads elsewhere. */
const Figure = v.object({
  file: v.pipe(v.string(), v.regex(/^[\w-]+\.svg$/)),
  title: v.string(),
  notes: v.optional(v.array(v.string()), []),
});

/** Only what is shown: columns and rows are in the CSV, what a figure draws is in its SVG. */
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
  figures: v.optional(v.array(Figure), []),
  seed: v.optional(v.nullable(v.number()), null),
  resamples: v.optional(v.nullable(v.number()), null),
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
