/**
 * What mutants of the checkers are tried against: the checkers' own tests, but for those that run a thousand little
 * clusters. They would be asked by nearly every mutant, and take seconds each time.
 */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['checkers/**/*.test.ts'],
    exclude: ['checkers/kafka/little-cluster.test.ts'],
    testTimeout: 60_000,
    setupFiles: ['runs/testing/property-seed.ts'],
  },
});
