// The benchmark as its users meet it: its document, its tidiness, its refusals.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { launcher } from '../launcher/launcher.js'
import { LITTLE_DATA, startBenchmark, temporaryDirectory } from './benchmark-run.js'

interface Spread { readonly median: number; readonly min: number; readonly max: number }
interface Contender {
  readonly name: string
  readonly state: string
  readonly reason?: string
  readonly rounds?: number
  readonly operationsPerSecond?: Spread
  readonly cpuMicrosecondsPerOperation?: Spread
  readonly ratio?: Spread
}
interface Document {
  readonly schema: string
  readonly quick: boolean
  readonly machine: Record<string, unknown>
  readonly driver: { readonly name: string | null; readonly choices: readonly { readonly name: string; readonly state: string }[] }
  readonly suites: readonly { readonly name: string; readonly reference: string; readonly cases: readonly { readonly name: string; readonly contenders: readonly Contender[] }[] }[]
  readonly targets: readonly { readonly suite: string; readonly work: string; readonly wanted: number; readonly measured: number | null; readonly state: string }[]
}

const TIMEOUT = 60_000

test('a quick run of one suite writes its document, its page and its pictures, and leaves nothing else behind', { timeout: TIMEOUT }, async (t) => {
  const directory = temporaryDirectory(t)
  const run = startBenchmark(t, directory, ['--quick', '--only', 'stat', '--json', 'out.json', '--html', 'out.html', '--picture', 'out', ...LITTLE_DATA])
  const { code, output, errors } = await run.ended
  assert.equal(code, 0, errors)
  assert.deepEqual(readdirSync(directory).sort(), ['out-dark.svg', 'out-light.svg', 'out.html', 'out.json'])

  const report = JSON.parse(readFileSync(join(directory, 'out.json'), 'utf8')) as Document
  assert.equal(report.schema, 'trueaio-benchmark/1')
  assert.equal(report.quick, true)
  for (const fact of ['cpu', 'cores', 'memoryBytes', 'system', 'kernel', 'architecture', 'node', 'libuv', 'fileSystem']) assert.ok(fact in report.machine, fact)
  assert.equal(report.driver.choices.find(({ state }) => state === 'in use')?.name, report.driver.name)
  assert.deepEqual(report.suites.map(({ name }) => name), ['stat'])

  const contenders = report.suites[0]?.cases[0]?.contenders ?? []
  assert.deepEqual(contenders.map(({ name }) => name), ['trueaio, promise', 'fs.statSync', 'fs.stat, callback', 'fs/promises.stat'])
  for (const contender of contenders) {
    assert.equal(contender.state, 'measured', contender.reason)
    const { operationsPerSecond: rate, cpuMicrosecondsPerOperation: cpu, ratio } = contender
    assert.ok(rate !== undefined && rate.min > 0 && rate.min <= rate.median && rate.median <= rate.max, JSON.stringify(rate))
    assert.ok(cpu !== undefined && cpu.min > 0)
    assert.ok(ratio !== undefined && ratio.median > 0)
  }
  assert.equal(contenders[0]?.ratio?.median, 1)

  const [reference, promises] = [contenders[0], contenders[3]].map((contender) => contender?.operationsPerSecond?.median ?? NaN)
  const target = report.targets.find(({ suite }) => suite === 'stat')
  assert.equal(target?.measured, (reference ?? NaN) / (promises ?? NaN))
  assert.equal(target.state, target.measured >= target.wanted ? 'met' : 'missed')
  assert.ok(report.targets.filter(({ suite }) => suite !== 'stat').every(({ measured, state }) => measured === null && state === 'not measured'))

  assert.match(output, /fs\/promises\.stat/)
  assert.ok(!output.includes('\u001b['), 'NO_COLOR and no terminal: plain text')
  const page = readFileSync(join(directory, 'out.html'), 'utf8')
  assert.match(page, /fs\/promises\.stat/)
  assert.doesNotMatch(page, /<(?:script|link|img)[^>]+(?:src|href)=/, 'the page must need nothing but itself')
  for (const theme of ['light', 'dark']) {
    const picture = readFileSync(join(directory, `out-${theme}.svg`), 'utf8')
    assert.match(picture, /fs\/promises\.stat: [\d.,]+ times the processor time of trueaio/)
    assert.doesNotMatch(picture, /href=|<script|NaN|Infinity/)
  }
})

test('without fio on the PATH it says so and measures the others', { timeout: TIMEOUT }, async (t) => {
  const directory = temporaryDirectory(t)
  const path = process.env['PATH']
  process.env['PATH'] = directory
  const run = startBenchmark(t, directory, ['--quick', '--only', 'direct', '--rounds', '1', '--json', 'out.json', ...LITTLE_DATA])
  process.env['PATH'] = path
  const { code, errors } = await run.ended
  assert.equal(code, 0, errors)
  const report = JSON.parse(readFileSync(join(directory, 'out.json'), 'utf8')) as Document
  const contenders = report.suites[0]?.cases[0]?.contenders ?? []
  const fio = contenders.find(({ name }) => name === 'fio, io_uring')
  assert.deepEqual([fio?.state, fio?.reason], ['skipped', 'fio is not on the PATH'])
  assert.ok(contenders.some(({ state }) => state !== 'skipped'))
})

test('where io_uring is forbidden it names the driver that ran and why not io_uring', { timeout: TIMEOUT, skip: launcher().missing ?? false }, async (t) => {
  const directory = temporaryDirectory(t)
  const run = startBenchmark(t, directory, ['--quick', '--only', 'stat', '--rounds', '1', '--json', 'out.json', ...LITTLE_DATA], [launcher().path ?? '', 'io_uring=EPERM', '--'])
  const { code, output, errors } = await run.ended
  assert.equal(code, 0, errors)
  const { driver, suites } = JSON.parse(readFileSync(join(directory, 'out.json'), 'utf8')) as Document
  assert.equal(driver.name, 'linux-aio + thread-pool')
  assert.deepEqual(driver.choices.slice(0, 3).map(({ name, state }) => [name, state]), [['io-uring', 'refused'], ['linux-aio', 'in use'], ['thread-pool', 'in use']])
  assert.match(output, /driver: linux-aio \+ thread-pool; io-uring refused: ./)
  assert.equal(suites[0]?.cases[0]?.contenders[0]?.state, 'measured')
})

for (const [signal, code] of [['SIGINT', 130], ['SIGTERM', 143]] as const) {
  for (const moment of ['making the data files', 'measuring stat']) {
    test(`${signal} while ${moment} removes the data files`, { timeout: TIMEOUT }, async (t) => {
      const directory = temporaryDirectory(t)
      const run = startBenchmark(t, directory, ['--only', 'stat', '--small-files', '2000', '--blocks-bytes', String(16 * 2 ** 20)])
      await run.says(moment)
      assert.equal(readdirSync(directory).length, 1, 'the data files are there while it runs')
      run.child.kill(signal)
      assert.equal((await run.ended).code, code)
      assert.deepEqual(readdirSync(directory), [])
    })
  }
}

const REFUSALS: readonly (readonly [arguments_: readonly string[], message: RegExp])[] = [
  [['--only', 'stat,nonsense'], /There is no suite 'nonsense'\. Suites: random, direct/],
  [['--only', ','], /must name at least one/],
  [['--nonsense'], /unknown option '--nonsense'/],
  [['nonsense'], /too many arguments/],
  [['--json'], /argument missing/],
  [['--json', 'no/such/folder/out.json'], /There is no directory/],
  [['--html', '.'], /is a directory/],
  [['--dir', 'no-such-directory'], /must be a directory that exists/],
  [['--driver', 'nonsense'], /--driver nonsense: .*must be one of/],
  [['--rounds', '0'], /whole number above 0/],
]

for (const [arguments_, message] of REFUSALS) {
  test(`${arguments_.join(' ')} is refused with exit code 2`, { timeout: TIMEOUT }, async (t) => {
    const directory = temporaryDirectory(t)
    const { code, output, errors } = await startBenchmark(t, directory, arguments_).ended
    assert.equal(code, 2)
    assert.match(errors, message)
    assert.match(errors, /Try --help/)
    assert.equal(output, '')
    assert.deepEqual(readdirSync(directory), [])
  })
}

test('an output file that cannot be written is found out before measuring', { timeout: TIMEOUT, skip: process.getuid?.() === 0 ? 'root may write anywhere' : false }, async (t) => {
  const directory = temporaryDirectory(t)
  writeFileSync(join(directory, 'out.json'), '', { mode: 0o400 })
  const { code, errors } = await startBenchmark(t, directory, ['--json', 'out.json']).ended
  assert.equal(code, 2)
  assert.match(errors, /cannot be written to \(EACCES\)/)
})

test('--list names every suite and contender and measures nothing', { timeout: TIMEOUT }, async (t) => {
  const directory = temporaryDirectory(t)
  const { code, output } = await startBenchmark(t, directory, ['--list']).ended
  assert.equal(code, 0)
  for (const text of ['random', 'small-files', 'steady', 'fs/promises, FileHandle.read', 'trueaio, event batches', 'fs-tree', '(with --only or --all)']) assert.ok(output.includes(text), text)
  assert.deepEqual(readdirSync(directory), [])
})
