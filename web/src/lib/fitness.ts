/** Which rows stand for their configuration: the flags that docs/analysis.md calls disturbed. */
import type { Row, Table } from './table';

const disturbed = new Set([
  'throttled', 'meters_disagree', 'not_steady', 'shared_device', 'search_cut', 'clock_dropped',
  'clock_low', 'power_limit_changed', 'temperature_changed', 'busy_host', 'mig_slice', 'samples_missing',
]);

export const flagMeanings: Record<string, string> = {
  throttled: 'heat or a hardware slowdown lowered the clock',
  power_capped: 'the power limit lowered the clock',
  meters_disagree: 'the two estimators differ by more than 3 %',
  not_steady: 'warm-up ended at its time limit',
  drifted: 'energy per image has a trend of more than 1 % while measured',
  short_window: 'fewer than ten windows, whose interval is too narrow too often',
  estimated: 'the meter is a model, not a measurement',
  shared_device: 'another process was on the device',
  search_cut: 'the batch search ran out of time: a larger batch may be better',
  weights_random: 'measured with random weights, whose energy may be 3.5 % off',
  clock_dropped: 'the clock fell by more than 2 %',
  clock_low: 'the clock was more than 10 % below its highest',
  power_limit_changed: 'the power limit changed',
  temperature_changed: 'the temperature moved by more than 5 °C',
  busy_host: 'others used the host',
  host_bound: 'the device waited for the host, whose speed varies',
  mig_slice: 'the counter is that of the whole board',
  persistence_off: 'persistence mode was off',
  samples_missing: 'power samples were missing',
  wall_clock_set: 'the wall clock was set while measured',
  extrapolated: 'beyond the models that were measured: may be off by more than the interval says',
};

export type Standing = 'fit' | 'disturbed' | 'failed' | 'predicted';

export function standingOf(table: Table, row: Row): Standing {
  const status = table.text(row, 'status');
  if (status === 'predicted') return 'predicted';
  if (status !== 'ok' || table.number(row, 'energy_j_per_image') === null) return 'failed';
  return table.flags(row).some((flag) => disturbed.has(flag)) ? 'disturbed' : 'fit';
}
