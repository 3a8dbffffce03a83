/** Tests look at real measurements: they are made once, by the program itself. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

export default function setup(): void {
  const web = join(import.meta.dirname, '..');
  if (existsSync(join(web, 'fixtures/api/v1/index.json'))) return;
  execFileSync(process.execPath, [join(web, 'scripts/fixtures.mjs')], { stdio: 'inherit' });
}
