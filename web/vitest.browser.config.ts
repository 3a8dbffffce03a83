import { defineConfig } from 'vitest/config';

/** One browser and one server at a time; views are slow to draw on a busy machine. */
export default defineConfig({
  test: {
    include: ['tests/browser/**/*.test.ts'],
    globalSetup: 'tests/fixtures.ts',
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
