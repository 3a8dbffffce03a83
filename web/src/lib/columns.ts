/** Short names of columns. What a column means comes with the data. */
const labels: Record<string, string> = {
  model: 'Weights',
  measured_model: 'Measured with',
  energy_origin: 'Origin of the energy',
  architecture: 'Model',
  input_size: 'Input size',
  energy_j_per_image: 'Energy per image',
  energy_net_j_per_image: 'Energy less idle',
  ci95_rel: '95 % interval, ±',
  systematic_rel: 'Systematic term, ±',
  images_per_s: 'Throughput',
  latency_ms_p50: 'Latency of a batch, median',
  latency_ms_p99: 'Latency of a batch, 99 %',
  power_w: 'Power',
  power_max_w: 'Power, highest',
  idle_w: 'Power when idle',
  energy_delay_js: 'Energy × delay',
  estimator_gap_rel: 'Gap between estimators',
  seconds: 'Measured for',
  temperature_c: 'Temperature',
  board_factor_ci95_rel: 'Board factor, ±',
  parameters_m: 'Parameters',
  gmacs: 'GMACs',
  activations_m: 'Activations',
  counted_parameters_m: 'Parameters of the counted network',
  architecture_date: 'Paper of the architecture',
  recipe_date: 'Paper of the recipe',
  licence: 'Licence',
  index: 'Index',
  index_low: 'Index, lower end',
  index_high: 'Index, upper end',
  letters: 'Letter',
};

export const testSets = {
  imagenet: 'ImageNet',
  real: 'ImageNet ReaL',
  v2: 'ImageNet V2',
  sketch: 'ImageNet Sketch',
  a: 'ImageNet-A',
  r: 'ImageNet-R',
  a_clean: 'A’s classes, clean',
  r_clean: 'R’s classes, clean',
} as const;

export function labelOf(name: string): string {
  const known = labels[name];
  if (known) return known;
  const accuracy = /^(.+)_top([15])(_ci95)?$/.exec(name);
  if (accuracy) {
    const set = testSets[accuracy[1] as keyof typeof testSets] ?? accuracy[1];
    return `${set} top-${accuracy[2]}${accuracy[3] ? ', ±' : ''}`;
  }
  const words = name.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** A label within a sentence: names keep their capitals. */
export function inSentence(label: string): string {
  return /[A-Z]/.test(label.slice(1)) ? label : label.charAt(0).toLowerCase() + label.slice(1);
}

/** Columns whose small values are the good ones; of other numbers large ones are, or none is. */
const lessIsBetter = new Set([
  'energy_j_per_image',
  'energy_net_j_per_image',
  'latency_ms_p50',
  'latency_ms_p99',
  'power_w',
  'power_max_w',
  'energy_delay_js',
  'parameters_m',
  'gmacs',
  'activations_m',
  'index',
]);

/** -1: less is better, 1: more is, 0: neither can be said. */
export function better(name: string): -1 | 0 | 1 {
  if (lessIsBetter.has(name)) return -1;
  return name === 'images_per_s' || /_top[15]$/.test(name) ? 1 : 0;
}

/** Logarithmic unless it is a share, a percentage, a date or a temperature, or may hold what has no logarithm. */
export function usuallyLogarithmic(name: string, unit: string): boolean {
  return unit !== '%' && unit !== '' && unit !== '°C' && !name.endsWith('_rel') && !name.endsWith('_date');
}
