// The benchmark's suites of the classic interfaces; and that --all means all of them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startBenchmark, temporaryDirectory } from './benchmark-run.js'
import { ENGINE_SUITES, everySuiteRuns, FS_SUITES, INTERFACE_SUITES } from './every-suite.js'

everySuiteRuns(['--only', INTERFACE_SUITES.join()], INTERFACE_SUITES)

test('--all is every suite, in order', async (context) => {
  const { code, output, errors } = await startBenchmark(context, temporaryDirectory(context), ['--all', '--list']).ended
  assert.equal(code, 0, errors)
  const named = output.split('\n').flatMap((line) => /^([a-z][a-z-]*)\b/.exec(line)?.[1] ?? [])
  assert.deepEqual(named, [...ENGINE_SUITES, ...FS_SUITES, ...INTERFACE_SUITES])
})
