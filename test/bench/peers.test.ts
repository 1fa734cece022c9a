// `--peers`: who can be had is measured, who cannot is skipped with the reason, and nothing is left behind.
import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { LITTLE_DATA, startBenchmark, temporaryDirectory } from './benchmark-run.js'

interface Document {
  readonly suites: readonly {
    readonly name: string
    readonly cases: readonly {
      readonly name: string
      readonly contenders: readonly {
        readonly name: string; readonly state: string; readonly reason?: string; readonly cpuMicrosecondsPerOperation?: { readonly median: number }
      }[]
    }[]
  }[]
  readonly targets: readonly { readonly suite: string; readonly state: string }[]
}

const TIMEOUT = 60_000

test('without npm the other runtimes are skipped with the reason, the rest is measured', { timeout: TIMEOUT }, async (t) => {
  const directory = temporaryDirectory(t)
  // An npm that fails as it does without a network.
  const tools = join(directory, 'tools')
  mkdirSync(tools)
  writeFileSync(join(tools, 'npm'), '#!/bin/sh\necho "npm error code ENOTFOUND" >&2\nexit 1\n')
  chmodSync(join(tools, 'npm'), 0o755)
  const { code, errors } = await startBenchmark(
    t, directory, ['--peers', '--quick', '--only', 'stat,cp,rm,copyByStreams', '--json', 'out.json', ...LITTLE_DATA], ['env', `PATH=${tools}:${process.env['PATH'] ?? ''}`],
  ).ended
  assert.equal(code, 0, errors)
  const report = JSON.parse(readFileSync(join(directory, 'out.json'), 'utf8')) as Document
  assert.deepEqual(report.suites.map(({ name }) => name), ['peers-files', 'peers-entries', 'peers-mib'])
  const major = process.versions.node.split('.')[0] ?? ''
  for (const { name, contenders } of report.suites.flatMap(({ cases }) => cases)) {
    for (const who of contenders) {
      if (who.name === `Node ${major}` || who.name === `trueaio on Node ${major}` || ['cp -r', 'rm -rf', 'cp'].includes(who.name)) {
        assert.equal(who.state, 'measured', `${name}, ${who.name}: ${who.reason ?? ''}`)
        assert.ok((who.cpuMicrosecondsPerOperation?.median ?? -1) >= 0)
      } else {
        assert.equal(who.state, 'skipped', `${name}, ${who.name}`)
        assert.match(who.reason ?? '', /npm pack .* failed: npm error code ENOTFOUND/)
      }
    }
  }
  assert.ok(report.targets.filter(({ suite }) => suite.startsWith('peers-')).every(({ state }) => state === 'not measured'))
  assert.deepEqual(readdirSync(directory).sort(), ['.trueaio-peers', 'out.json', 'tools'])
  assert.deepEqual(readdirSync(join(directory, '.trueaio-peers')), [])
})

test('a row that does not exist is refused, and those that do are named', { timeout: TIMEOUT }, async (t) => {
  const { code, errors } = await startBenchmark(t, temporaryDirectory(t), ['--peers', '--only', 'nothing']).ended
  assert.equal(code, 2)
  assert.match(errors, /There is no row of --peers 'nothing'\. Rows: readFile, stat,/)
})
