/** A browser, the built page, and what the page complained about. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
// @ts-expect-error: a script, without types
import { host as hostOf } from '../../scripts/host.mjs';

const executable = process.env.CHROMIUM ?? '/usr/bin/chromium';

export interface Opened {
  page: Page;
  /** Errors, refused content and requests to other hosts. */
  complaints: string[];
}

/** `environment`: of the browser, beside what it has. */
export function useBrowser(environment: Record<string, string> = {}) {
  let browser: Browser;
  let host: { name: string; url: string; close(): void };
  beforeAll(async () => {
    const built = join(import.meta.dirname, '../../dist/index.html');
    if (!existsSync(built)) throw new Error('There is no dist/: npm run build comes before npm run test:browser.');
    host = await hostOf();
    console.log(`The page is on ${host.name}`);
    const env = { ...(process.env as Record<string, string>), ...environment };
    browser = await chromium.launch({ executablePath: executable, args: ['--no-sandbox'], env });
  });
  afterAll(async () => {
    await browser?.close();
    host?.close();
  });

  return async function open(hash: string, options: Parameters<Browser['newPage']>[0] = {}, before?: (page: Page) => Promise<void>): Promise<Opened> {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, ...options });
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    page.on('request', (request) => {
      const isOwn = request.url().startsWith(host.url) || request.url().startsWith('blob:');
      if (!isOwn) complaints.push(`asked ${request.url()}`);
    });
    await before?.(page);
    await page.goto(host.url + hash);
    await page.waitForFunction(() => document.querySelector('main') && !document.querySelector('.waiting'));
    return { page, complaints };
  };
}
