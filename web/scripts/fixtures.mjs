// Makes fixtures/api/v1, the documents that the page reads, from real measurements with the program itself.
//
//   JOULEMARK=../build/release/bin/joulemark node scripts/fixtures.mjs [--predicted]
//
// JOULEMARK     the program; without it, the release build of this checkout
// JOULEMARK_DB  rows to take; without it, data/results
// --predicted   also the models that nobody measured, as a test of many points

import { execFileSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const web = dirname(dirname(fileURLToPath(import.meta.url)));
const root = dirname(web);
const program = resolve(process.env.JOULEMARK ?? join(root, 'build/release/bin/joulemark'));
const db = resolve(process.env.JOULEMARK_DB ?? join(root, 'data/results'));
const fixtures = join(web, 'fixtures');

if (!existsSync(program)) throw new Error(`No program at ${program}: build it, or set JOULEMARK to one.`);
rmSync(fixtures, { recursive: true, force: true });
const options = process.argv.includes('--predicted') ? ['--predicted'] : [];
execFileSync(program, ['export-site', fixtures, '--api-only', '--db', db, ...options], { stdio: 'inherit' });
