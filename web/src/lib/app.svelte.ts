/** The address, and what it stands for: the one mutable thing that views share. */
import type { Site } from './api';
import type { Table } from './table';
import { parse, print, usual, type State } from './url';

const first = parse(location.hash);
export const address = $state({ state: first.state, problems: first.problems });

addEventListener('hashchange', () => {
  const { state, problems } = parse(location.hash);
  address.state = state;
  address.problems = problems;
});

/** Goes to a view like this one but for `change`. `quiet` leaves no step for the back button, for what changes with each key. */
export function go(change: Partial<State>, { quiet = false } = {}): void {
  const next = { ...$state.snapshot(address.state), ...change } as State;
  const hash = `#${print(next)}`;
  if (hash === location.hash) return;
  if (quiet) history.replaceState(null, '', hash);
  else history.pushState(null, '', hash);
  address.state = next;
  address.problems = [];
}

/** The address of a view like this one but for `change`: what stands in links. */
export function link(change: Partial<State>): string {
  return `#${print({ ...address.state, ...change } as State)}`;
}

/** Keeps where one looks from, and forgets what only one view uses. */
export function viewLink(view: State['view'], change: Partial<State> = {}): string {
  const { theme, setup, policy, pins } = address.state;
  return `#${print({ ...usual, theme, setup, policy, pins, view, ...change })}`;
}

export interface Data {
  site: Site;
  table: Table;
}

const darkSystem = matchMedia('(prefers-color-scheme: dark)');
export const system = $state({ dark: darkSystem.matches });
darkSystem.addEventListener('change', (event) => (system.dark = event.matches));

export function isDark(): boolean {
  const { theme } = address.state;
  return theme === 'dark' || (theme === 'system' && system.dark);
}

/** One sentence for those who do not see what changed. */
export const live = $state({ text: '' });
