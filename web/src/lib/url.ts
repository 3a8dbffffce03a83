/** All state of a view is its address: a link is a view. What is as usual is left out of it. */

export const views = [
  'explore', 'compare', 'model', 'setups', 'findings', 'calculator', 'method', 'data',
] as const;
export type View = (typeof views)[number];

export const everySetup = '*';

/** Bounds of one column; an end that is absent is open. */
export interface Range {
  column: string;
  min?: number;
  max?: number;
}

export interface State {
  view: View;
  /** Of the page of one model: architecture, or architecture.tag, perhaps with @size. */
  model: string;
  theme: 'system' | 'light' | 'dark';
  /** The figure that is shown alone, for a page of somebody else; empty: the whole view. */
  embed: string;
  /** Empty: as the site says; `*`: all. */
  setup: string;
  policy: string;
  x: string;
  y: string;
  xScale: 'auto' | 'linear' | 'log';
  yScale: 'auto' | 'linear' | 'log';
  colour: 'kind' | 'family' | 'setup' | 'letter';
  weights: 'best' | 'all';
  /** Standings beyond fit measurements. */
  with: ('disturbed' | 'failed' | 'predicted')[];
  hide: ('bars' | 'frontier' | 'labels')[];
  ranges: Range[];
  kinds: string[];
  families: string[];
  licences: string[];
  letters: string[];
  search: string;
  rank: 'energy' | 'score' | 'accuracy' | 'throughput';
  sort: string;
  descending: boolean;
  columns: string[];
  pins: string[];
  from: string;
  to: string;
  finding: string;
  images: number;
  joules: number;
  pue: number;
  grid: number;
  price: number;
}

export const usual: State = {
  view: 'explore',
  model: '',
  theme: 'system',
  embed: '',
  setup: '',
  policy: '',
  x: 'energy_j_per_image',
  y: 'imagenet_top1',
  xScale: 'auto',
  yScale: 'auto',
  colour: 'kind',
  weights: 'best',
  with: [],
  hide: [],
  ranges: [],
  kinds: [],
  families: [],
  licences: [],
  letters: [],
  search: '',
  rank: 'energy',
  sort: '',
  descending: false,
  columns: [],
  pins: [],
  from: '',
  to: '',
  finding: '',
  images: 1_000_000,
  joules: 0,
  pue: 1.54,
  grid: 445,
  price: 0.15,
};

/** 8 models side by side are the most that can be read. */
export const mostPins = 8;

interface Codec<T> {
  print(value: T): string;
  /** Undefined: not understood. */
  parse(text: string): T | undefined;
}

const text: Codec<string> = { print: (v) => v, parse: (v) => v };

const flag: Codec<boolean> = {
  print: (v) => (v ? '1' : '0'),
  parse: (v) => (v === '1' ? true : v === '0' ? false : undefined),
};

function finite(value: string): number | undefined {
  const number = value.trim() === '' ? NaN : Number(value);
  return Number.isFinite(number) ? number : undefined;
}

const notNegative: Codec<number> = {
  print: String,
  parse: (v) => {
    const number = finite(v);
    return number !== undefined && number >= 0 ? number : undefined;
  },
};

function oneOf<T extends string>(...values: readonly T[]): Codec<T> {
  return { print: (v) => v, parse: (v) => values.find((value) => value === v) };
}

function list<T>(item: Codec<T>, most = Infinity): Codec<T[]> {
  return {
    print: (v) => v.map((one) => escape(item.print(one), /[%,]/g)).join(','),
    parse: (v) => {
      if (v === '') return [];
      const items = v.split(',').map((one) => item.parse(decode(one)));
      if (items.some((one) => one === undefined) || items.length > most) return undefined;
      return items as T[];
    },
  };
}

/** column:min..max, either end may be missing. */
const range: Codec<Range> = {
  print: ({ column, min, max }) => `${escape(column, /[%:]/g)}:${min ?? ''}..${max ?? ''}`,
  parse: (v) => {
    const found = /^([^:]+):(.*?)\.\.(.*)$/.exec(v);
    if (!found) return undefined;
    const out: Range = { column: decode(found[1]!) };
    for (const [end, given] of [['min', found[2]!], ['max', found[3]!]] as const) {
      if (given === '') continue;
      const number = finite(given);
      if (number === undefined) return undefined;
      out[end] = number;
    }
    return out.min === undefined && out.max === undefined ? undefined : out;
  },
};

/** Only what would be taken for a separator, so that an address can be read and edited. */
function escape(value: string, separators: RegExp): string {
  return value.replace(separators, encodeURIComponent);
}

function decode(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

const scale = oneOf('auto', 'linear', 'log');

type Parameters = Omit<State, 'view' | 'model'>;
const codecs: { [K in keyof Parameters]: Codec<Parameters[K]> } = {
  theme: oneOf('system', 'light', 'dark'),
  embed: text,
  setup: text,
  policy: text,
  x: text,
  y: text,
  xScale: scale,
  yScale: scale,
  colour: oneOf('kind', 'family', 'setup', 'letter'),
  weights: oneOf('best', 'all'),
  with: list(oneOf('disturbed', 'failed', 'predicted')),
  hide: list(oneOf('bars', 'frontier', 'labels')),
  ranges: list(range),
  kinds: list(text),
  families: list(text),
  licences: list(text),
  letters: list(text),
  search: text,
  rank: oneOf('energy', 'score', 'accuracy', 'throughput'),
  sort: text,
  descending: flag,
  columns: list(text),
  pins: list(text, mostPins),
  from: text,
  to: text,
  finding: text,
  images: notNegative,
  joules: notNegative,
  pue: notNegative,
  grid: notNegative,
  price: notNegative,
};
const names = Object.keys(codecs) as (keyof Parameters)[];

function readable(value: string): string {
  return encodeURIComponent(value).replace(/%(3A|40|2C|2F)/g, decodeURIComponent);
}

/** The part of an address after #. */
export function print(state: State): string {
  const parameters: string[] = [];
  for (const name of names) {
    const codec = codecs[name] as Codec<unknown>;
    const value = codec.print(state[name]);
    if (value !== codec.print(usual[name])) parameters.push(`${name}=${readable(value)}`);
  }
  const path = state.view === 'model' ? `model/${readable(state.model)}` : state.view;
  const query = parameters.join('&');
  return `/${path}${query ? `?${query}` : ''}`;
}

export interface Parsed {
  state: State;
  /** What was not understood, each in words. The view then is as usual in that. */
  problems: string[];
}

export function parse(hash: string): Parsed {
  const bare = hash.replace(/^#?\/?/, '');
  const question = bare.indexOf('?');
  const path = question < 0 ? bare : bare.slice(0, question);
  const problems: string[] = [];
  const state: State = structuredClone(usual);
  const [view = '', ...rest] = path.split('/');
  const known = views.find((one) => one === view);
  if (known) state.view = known;
  else if (view !== '') problems.push(`There is no view “${decode(view)}”`);
  if (known === 'model') state.model = decode(rest.join('/'));
  const parameters = new URLSearchParams(question < 0 ? '' : bare.slice(question + 1));
  for (const [name, value] of parameters) {
    if (!Object.hasOwn(codecs, name)) {
      problems.push(`“${name}” is not known`);
      continue;
    }
    const key = name as keyof Parameters;
    const parsed = codecs[key].parse(value);
    if (parsed === undefined) problems.push(`“${name}=${value}” is not understood`);
    else Object.assign(state, { [key]: parsed });
  }
  return { state, problems };
}
