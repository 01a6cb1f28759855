import { defineConfig } from 'vitest/config';

const full = process.env['FULL'] === '1';
const report = process.env['VITEST_JSON'];

/** Drills start processes by the hundred: whatever measures time would suffer beside them, so they come last. */
const drills = ['test/drills/!(proxy)/**/*.test.ts'];

/** They need minutes, and some of them the package registry. */
const longForms = full ? [] : ['test/full/**', 'test/**/*.long.test.ts'];

export default defineConfig({
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'suite',
          include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
          exclude: [...drills, ...longForms],
          globalSetup: ['test/setup/postgres.ts'],
          setupFiles: ['test/setup/eventsGuard.ts'],
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'drills',
          include: drills,
          exclude: longForms,
          globalSetup: ['test/setup/productProgram.ts'],
          sequence: { groupOrder: 1 },
        },
      },
    ],
    testTimeout: full ? 15 * 60_000 : 30_000,
    hookTimeout: 60_000,
    // The drills mostly wait, for leases and for stacks to start: a third keeps two cores busy meanwhile.
    maxWorkers: 3,
    // No module holds state, so files may share a process; loading everything anew for each file took half the time.
    isolate: false,
    reporters: report ? ['default', ['json', { outputFile: report }]] : ['default'],
  },
});
