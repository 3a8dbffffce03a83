// A host of the built page for tests and pictures: `joulemark serve` of data/results where there is a program that has this
// very page, else the static server with the fixtures.
//
// JOULEMARK     the program; without it, the release build of this checkout
// JOULEMARK_DB  rows to take; without it, data/results

import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { serve } from './static-server.mjs';

const web = dirname(dirname(fileURLToPath(import.meta.url)));
const root = dirname(web);
const program = resolve(process.env.JOULEMARK ?? join(root, 'build/release/bin/joulemark'));
const db = resolve(process.env.JOULEMARK_DB ?? join(root, 'data/results'));

/** The address that the program prints when it is ready; null when it ends without one. */
function address(child) {
  return new Promise((found) => {
    let said = '';
    child.stdout.on('data', (text) => {
      said += text;
      const url = /http:\/\/\S+\//.exec(said)?.[0];
      if (url) found(url);
    });
    child.on('error', () => found(null));
    child.on('exit', () => found(null));
  });
}

async function hasThisPage(url) {
  const page = await (await fetch(url)).text();
  return page === readFileSync(join(web, 'dist/index.html'), 'utf8');
}

/** `{ name, url, close }`. */
export async function host() {
  if (existsSync(program)) {
    const child = spawn(program, ['serve', '--port', '0', '--db', db], { stdio: ['ignore', 'pipe', 'inherit'] });
    const url = await address(child);
    if (url && (await hasThisPage(url))) return { name: 'joulemark serve', url, close: () => child.kill() };
    child.kill();
  }
  const { server, url } = await serve();
  return { name: 'static server', url, close: () => server.close() };
}
