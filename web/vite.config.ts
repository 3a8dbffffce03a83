import { createReadStream, existsSync, statSync } from 'node:fs';
import { extname, join, normalize } from 'node:path';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig, type Plugin } from 'vite';

const types: Record<string, string> = {
  '.json': 'application/json',
  '.csv': 'text/csv',
  '.svg': 'image/svg+xml',
};

/** The development server answers /api/ from the fixtures. */
function fixtures(): Plugin {
  const root = join(import.meta.dirname, 'fixtures');
  return {
    name: 'joulemark-fixtures',
    configureServer(server) {
      server.middlewares.use('/api', (request, response, next) => {
        const path = decodeURIComponent((request.url ?? '').split('?')[0] ?? '');
        const file = normalize(join(root, 'api', path));
        if (!file.startsWith(root) || !existsSync(file) || !statSync(file).isFile()) return next();
        response.setHeader('content-type', types[extname(file)] ?? 'application/octet-stream');
        createReadStream(file).pipe(response);
      });
    },
  };
}

export default defineConfig({
  base: './',
  plugins: [svelte(), fixtures()],
  build: {
    target: 'es2022',
    // A strict content policy refuses data: URLs, so nothing is inlined.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
