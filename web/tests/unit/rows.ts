/** Made-up rows, of which a test says only what it is about. */
import type { Cell } from '../../src/lib/api';
import { Table, type Row } from '../../src/lib/table';

const units: Record<string, string> = {
  energy_j_per_image: 'J', ci95_rel: '1', systematic_rel: '1', images_per_s: '1/s',
  imagenet_top1: '%', imagenet_top1_ci95: '%', index: '1', parameters_m: '1e6', batch: 'images',
};

const usual: Record<string, Cell> = {
  model: 'net.a', architecture: 'net', input_size: '224x224', setup: 's', policy: 'throughput', status: 'ok',
  kind: 'CNN', family: 'net', licence: 'mit', flags: '', weights: 'pretrained', run: '', campaign: '', meter: 'nvml',
  energy_origin: 'measured', batch: 64, energy_j_per_image: 0.1, ci95_rel: 0.01, systematic_rel: 0.01,
  images_per_s: 1000, imagenet_top1: 80, imagenet_top1_ci95: 0.35, imagenet_origin: 'published', index: null,
  letters: '', parameters_m: 10, message: null,
};

export function tableOf(...rows: Record<string, Cell>[]): Table {
  const names = [...new Set([...Object.keys(usual), ...rows.flatMap((row) => Object.keys(row))])];
  return new Table(
    names.map((name) => ({ name, unit: units[name] ?? '', meaning: '' })),
    rows.map((row) => names.map((name) => ({ ...usual, ...row })[name] ?? null)),
  );
}

export function names(table: Table, rows: readonly Row[]): string[] {
  return rows.map((row) => table.text(row, 'model'));
}
