import { defineConfig } from 'vitest/config'
import { SlowestFirst } from './test/support/slowest-first.ts'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    pool: 'forks',
    maxWorkers: 2,
    sequence: { sequencer: SlowestFirst },
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Real servers and processes on a machine that others use: a test that only once was too slow is told apart from
    // one that fails. Nothing is retried on a developer's machine.
    retry: process.env.CI === undefined ? 0 : 2,
  },
})
