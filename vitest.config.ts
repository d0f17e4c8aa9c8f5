import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{model,nemesis,checkers,histories,runs}/**/*.test.{ts,tsx}'],
    testTimeout: 60_000,
    setupFiles: ['runs/testing/property-seed.ts'],
  },
});
