/** Numbers as a person reads them: with their unit, an SI prefix and three significant digits. */
import { isDate } from './table';

export const unknown = '–';

const prefixes = [
  ['p', 1e-12], ['n', 1e-9], ['µ', 1e-6], ['m', 1e-3], ['', 1],
  ['k', 1e3], ['M', 1e6], ['G', 1e9], ['T', 1e12],
] as const;

/** Thousands separated by commas. Making a formatter takes a hundred times what using it does. */
const formatters: Intl.NumberFormat[] = [];
export function fixed(value: number, least: number, most: number): string {
  return (formatters[least * 21 + most] ??= new Intl.NumberFormat('en-GB', { minimumFractionDigits: least, maximumFractionDigits: most })).format(value);
}

/** A count. */
export function whole(value: number): string {
  return fixed(value, 0, 0);
}

/** No exponent below 10^21. */
export function decimal(value: number, digits = 3): string {
  if (value === 0) return '0';
  const rounded = Number(value.toPrecision(digits));
  const places = Math.min(Math.max(0, digits - 1 - Math.floor(Math.log10(Math.abs(rounded)))), 20);
  return fixed(rounded, places, places);
}

/** 0.0412, "J" → 41.2 mJ. */
export function si(value: number, unit: string, digits = 3): string {
  if (value === 0) return `0 ${unit}`;
  const size = Math.abs(Number(value.toPrecision(digits)));
  let chosen: (typeof prefixes)[number] = prefixes[0];
  for (const prefix of prefixes) {
    if (size >= prefix[1]) chosen = prefix;
  }
  return `${decimal(value / chosen[1], digits)} ${chosen[0]}${unit}`;
}

export function percent(share: number, digits = 2): string {
  const value = share * 100;
  const size = Math.abs(value);
  if (size > 0 && size < 0.1) return `${decimal(value, 1)} %`;
  return `${size < 10 ? trimmed(value, 1) : decimal(value, Math.max(digits, 2))} %`;
}

export function trimmed(value: number, places: number): string {
  return fixed(value, 0, places);
}

/** 2021.42 → 2021-06. */
export function monthOf(year: number): string {
  const months = Math.round(year * 12);
  return `${Math.floor(months / 12)}-${String((((months % 12) + 12) % 12) + 1).padStart(2, '0')}`;
}

export interface Unit {
  name: string;
  unit: string;
}

/** A value of a column, with its unit. */
export function format(value: number | null, { name, unit }: Unit): string {
  if (value === null || !Number.isFinite(value)) return unknown;
  if (isDate(name)) return monthOf(value);
  if (name.endsWith('_rel')) return percent(value);
  switch (unit) {
    case 'J':
    case 'W':
    case 's':
    case 'J s':
      return si(value, unit);
    case 'ms':
      return si(value / 1000, 's');
    case '%':
      return `${value.toFixed(2)} %`;
    case '1/s':
      return `${decimal(value)} images/s`;
    case '1e6':
      return `${decimal(value)} M`;
    case '1e9':
      return `${decimal(value)} G`;
    case 'images':
      return `${whole(value)} ${value === 1 ? 'image' : 'images'}`;
    case '1':
      return decimal(value);
    case '':
      return Number.isInteger(value) ? whole(value) : decimal(value, 4);
    default:
      return `${decimal(value)} ${unit}`;
  }
}

/** For an axis: as short as can be, the unit stands in its title. */
export function tick(value: number, column: Unit): string {
  if (isDate(column.name)) return String(Math.round(value * 100) / 100);
  if (column.unit === '%') return `${trimmed(value, 3)} %`;
  if (column.name.endsWith('_rel')) return percent(value);
  if (['J', 'W', 's', 'J s'].includes(column.unit)) return short(si(value, column.unit));
  if (column.unit === 'ms') return short(si(value / 1000, 's'));
  const size = Math.abs(value);
  if (size >= 1000) return short(si(value, '')).replace(' ', '');
  return trimmed(value, 6);
}

/** 10.0 mJ → 10 mJ: a tick is exact. */
function short(text: string): string {
  return text.replace(/(\.\d*?)0+(?= |$)/, '$1').replace(/\.(?= |$)/, '');
}

/** A title for an axis: its label, with the unit where ticks do not carry it. */
export function axisTitle(label: string, { name, unit }: Unit): string {
  if (unit === '1e6') return `${label} (millions)`;
  if (unit === '1e9') return label === 'GMACs' ? 'GMACs (10⁹)' : `${label} (10⁹)`;
  if (unit === '1/s') return `${label} (images/s)`;
  if (unit === 'J' && name.includes('energy')) return `${label} (joules)`;
  if (isDate(name)) return `${label} (year)`;
  return unit === 'images' ? `${label} (images)` : label;
}

/** +1.45, −0.30: with a minus that is as wide as the plus. */
export function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(2)}`;
}

/** 1.37, and its interval where there is one: ×1.37 (1.27 to 1.48). */
export function times(value: number, low?: number, high?: number): string {
  const between =
    low === undefined || high === undefined ? '' : ` (${decimal(low)} to ${decimal(high)})`;
  return `×${decimal(value)}${between}`;
}

/** What a person types as an energy: 50mJ, 0.05 J, 80 uJ, or joules. Null where it is none. */
export function parseEnergy(text: string): number | null {
  const found = /^\s*([0-9]*\.?[0-9]+(?:e[+-]?\d+)?)\s*([munµμk]?)\s*j?\s*$/i.exec(text);
  if (!found) return null;
  const scale: Record<string, number> = { '': 1, m: 1e-3, u: 1e-6, µ: 1e-6, μ: 1e-6, n: 1e-9, k: 1e3 };
  const value = Number(found[1]) * (scale[found[2]?.toLowerCase() ?? ''] ?? 1);
  return value > 0 && Number.isFinite(value) ? value : null;
}

/** A count with optional thousands commas: 1,000. Null where it is none. */
export function parseNumber(text: string): number | null {
  const clean = text.replaceAll(',', '').replace('%', '').trim();
  if (!/^-?[0-9]*\.?[0-9]+(e[+-]?\d+)?$/i.test(clean)) return null;
  const value = Number(clean);
  return Number.isFinite(value) ? value : null;
}
