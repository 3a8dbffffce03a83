/** Texts of index.html, and what they are about. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readModels } from '../../src/lib/api';
import { usual } from '../../src/lib/url';

const web = join(import.meta.dirname, '../..');
const page = readFileSync(join(web, 'index.html'), 'utf8');

test('every flag of the measurements is explained', async () => {
  const read = await readModels(async (path) => new Response(readFileSync(join(web, 'fixtures', path))));
  if (!read.ok) throw new Error(read.problem.what);
  const flags = new Set(read.value.rows.flatMap((row) => read.value.flags(row)));
  expect(flags.size).toBeGreaterThan(3);
  for (const flag of flags) expect(page, flag).toMatch(new RegExp(`<p id="${flag}">[^<]+</p>`));
});

test('the text of each default of the calculator has its number', () => {
  const text = (id: string) => new RegExp(`<template id="${id}">([^]*?)</template>`).exec(page)?.[1];
  for (const id of ['pue', 'grid', 'price'] as const) expect(text(id), id).toContain(String(usual[id]));
});
