/** Setups as a person says them: what all of them share is left out. */
import type { SetupInfo, Site } from './api';
import { everySetup } from './url';

const policies: Record<string, string> = {
  batch_1: 'batch 1, one request at a time',
  throughput: 'best throughput, large batches',
  min_energy: 'least energy, large batches',
  fixed: 'fixed batch sizes',
};

export function policyWords(policy: string): string {
  return policies[policy] ?? policy.replaceAll('_', ' ');
}

export function setupWords(site: Site, name: string): string {
  if (name === everySetup) return 'All setups';
  const setup = site.setups.find((one) => one.name === name);
  if (!setup) return name;
  const said = words(setup, site.setups);
  const same = site.setups.some((one) => one !== setup && words(one, site.setups) === said);
  return same ? name : said;
}

function words(setup: SetupInfo, all: SetupInfo[]): string {
  const differs = (part: (one: SetupInfo) => string | null) => new Set(all.map(part)).size > 1;
  const parts = [setup.device.replace(/^NVIDIA /, '').replace(/ 80GB HBM3$/, '')];
  const runtime = [differs((s) => s.runtime) ? setup.runtime : null, setup.format ?? setup.runtime];
  parts.push(runtime.filter(Boolean).join(' '));
  parts.push(setup.precision);
  if (differs((s) => s.layout)) parts.push(setup.layout);
  // A suffix of the name that no other part says, such as cuda_graph.
  const known = setup.name.indexOf(setup.layout);
  const rest = known < 0 ? '' : setup.name.slice(known + setup.layout.length).replace(/^-/, '');
  if (rest) parts.push(rest.replaceAll('_', ' ').replace('cuda', 'CUDA'));
  return parts.join(', ');
}
