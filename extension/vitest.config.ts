import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tests/**/*.test.ts"],
    setupFiles: ["tests/setup.ts"],
    restoreMocks: true,
    // Properties take seconds on a machine that others use too; how long is no test's subject here.
    testTimeout: 60_000,
  },
});
