/** Which rows stand for their configuration: the flags that docs/analysis.md calls disturbed. */
import { once } from './table';

const disturbed = new Set([
  'throttled', 'meters_disagree', 'not_steady', 'shared_device', 'search_cut', 'clock_dropped',
  'clock_low', 'power_limit_changed', 'temperature_changed', 'busy_host', 'mig_slice', 'samples_missing',
]);

export type Standing = 'fit' | 'disturbed' | 'failed' | 'predicted';

export const standingOf = once((table, row): Standing => {
  const status = table.text(row, 'status');
  if (status === 'predicted') return 'predicted';
  if (status !== 'ok' || table.number(row, 'energy_j_per_image') === null) return 'failed';
  return table.flags(row).some((flag) => disturbed.has(flag)) ? 'disturbed' : 'fit';
});
