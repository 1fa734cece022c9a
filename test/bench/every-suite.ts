// For the tests that run the benchmark's suites, a group in each, so that no file takes long.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { LITTLE_DATA, startBenchmark, temporaryDirectory } from './benchmark-run.js'

interface Document {
  readonly suites: readonly { readonly name: string, readonly cases: readonly { readonly contenders: readonly { readonly name: string, readonly state: string, readonly reason?: string }[] }[] }[]
}

export const ENGINE_SUITES = ['random', 'direct', 'sequential', 'commit', 'small-files', 'stat', 'pool', 'call', 'steady'] as const
export const FS_SUITES = ['fs-read', 'fs-stat', 'fs-handle', 'fs-update', 'fs-write', 'fs-tree', 'fs-stream', 'fs-crypto', 'fs-remove'] as const
export const INTERFACE_SUITES = ['posix-aio', 'acall', 'linux-aio', 'completion-port', 'event-queue', 'work', 'net', 'transfer', 'transfer-choice'] as const

/** A test that a quick run with these arguments is of these suites, and that every contender was measured, or skipped with a reason. */
export function everySuiteRuns(arguments_: readonly string[], suites: readonly string[]): void {
  test(`every suite of a run with ${arguments_.length === 0 ? 'no arguments' : arguments_.join(' ')} runs without a failure`, async (context) => {
    const directory = temporaryDirectory(context)
    const { code, errors } = await startBenchmark(context, directory, ['--quick', '--rounds', '1', '--json', 'out.json', ...arguments_, ...LITTLE_DATA]).ended
    assert.equal(code, 0, errors)
    const report = JSON.parse(readFileSync(join(directory, 'out.json'), 'utf8')) as Document
    assert.deepEqual(report.suites.map(({ name }) => name), suites)
    for (const { name, cases } of report.suites) {
      for (const { contenders } of cases) {
        assert.ok(contenders.length > 0, name)
        for (const { name: contender, state, reason } of contenders) assert.ok(state === 'measured' || (state === 'skipped' && reason !== ''), `${name}, ${contender}: ${reason ?? ''}`)
      }
    }
    assert.deepEqual(readdirSync(directory), ['out.json'])
  })
}
