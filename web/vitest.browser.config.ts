import { defineConfig } from 'vitest/config';

/** One browser and one server for all files; views are slow to draw on a busy machine. */
export default defineConfig({
  test: {
    include: ['tests/browser/**/*.test.ts'],
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
