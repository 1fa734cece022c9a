// `trueaio run`, `trace` and `top`: what they tell of a program is what the program did, on every driver and without the addon.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { command, inFolder, run } from './command.js'

const PROGRAM = `
import fs from 'node:fs'
import { open, readFile, stat, writeFile } from 'node:fs/promises'
await Promise.all(Array.from({ length: 10 }, () => readFile('app.mjs')))
await stat('nothing').catch(() => undefined)
await writeFile('out', Buffer.alloc(100_000))
const handle = await open('out')
for (let index = 0; index < 20; index++) await handle.read(Buffer.alloc(4096), 0, 4096, index * 4096)
await handle.close()
const fd = fs.openSync('out')
fs.readSync(fd, Buffer.alloc(10))
fs.closeSync(fd)
process.exitCode = Number(process.argv[2] ?? 0)
`

interface Event {
  readonly name: string
  readonly cat: string
  readonly ts: number
  readonly dur: number
  readonly tid: number
  readonly args: { readonly path?: string, readonly result: number, readonly site?: string }
}

function inProgram<Value>(work: (folder: string) => Value | Promise<Value>): Promise<Value> {
  return inFolder((folder) => {
    writeFileSync(join(folder, 'app.mjs'), PROGRAM)
    return work(folder)
  })
}

function traced(folder: string, ...words: readonly string[]): Event[] {
  const { status, stderr } = run(['trace', '-o', 't.json', ...words], folder)
  assert.equal(status, 0, stderr)
  return (JSON.parse(readFileSync(join(folder, 't.json'), 'utf8')) as { traceEvents: Event[] }).traceEvents
}

/** Where the command keeps what a program tells, nothing is left behind. */
function leftBehind(): string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith('trueaio-watch-'))
}

describe('trueaio run', () => {
  for (const environment of [{}, { TRUEAIO_DRIVER: 'thread-pool' }, { TRUEAIO_DRIVER: 'node' }, { TRUEAIO_ADDON: 'off' }]) {
    test(`with ${JSON.stringify(environment)}: a table of what went through the engine, and the program's exit code`, () => inProgram((folder) => {
      const { status, stderr, stdout } = run(['run', '--json', 'f.json', 'app.mjs', '7'], folder, environment)
      assert.equal(status, 7, stderr)
      assert.equal(stdout, '')
      assert.match(stderr, /^driver [\w-]+: in flight 0, waiting 0, system calls \d+\noperation +count +errors +bytes +p50 +p99\n/)
      assert.match(stderr, /^read +[2-4]\d /m) // twenty of its own; whole files are read so too, where lists are slow
      const [figures] = JSON.parse(readFileSync(join(folder, 'f.json'), 'utf8')) as { operations: Record<string, { count: number, bytes: number, p99?: number }> }[]
      assert.ok((figures?.operations['read']?.bytes ?? 0) >= 20 * 4096)
      assert.ok((figures?.operations['read']?.p99 ?? 0) > 0)
    }))
  }

  test('at SIGUSR2 it tells what there is so far; a signal to it ends the program', () => inFolder(async (folder) => {
    writeFileSync(join(folder, 'app.mjs'), "import { readFile } from 'node:fs/promises'\nawait readFile('app.mjs')\nsetInterval(() => undefined, 1000)\nconsole.log('up')\n")
    const child = spawn(process.execPath, [command, 'run', 'app.mjs'], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
    await once(child.stdout, 'data')
    child.kill('SIGUSR2')
    const [table] = await once(child.stderr, 'data') as [Buffer]
    assert.match(table.toString(), /driver /)
    child.kill('SIGTERM')
    assert.deepEqual(await once(child, 'close'), [143, null])
  }))

  test('a program that cannot be started, and none', () => inFolder((folder) => {
    assert.equal(run(['run', 'nothing.mjs'], folder).status, 1)
    const { status, stderr } = run(['run'], folder)
    assert.equal(status, 2)
    assert.match(stderr, /run needs a program/)
  }))
})

describe('trueaio trace', () => {
  test('what could not be written is told of, and the program goes on', () => inFolder((folder) => {
    writeFileSync(join(folder, 'app.mjs'), "import fs from 'node:fs'\nfor (let index = 0; index < 3000; index++) fs.statSync('.')\nprocess.exitCode = 7\n")
    const limited = ['-c', 'trap "" XFSZ; ulimit -f 16; exec "$@"', 'sh', process.execPath, command, 'trace', '-c', 'app.mjs'] // 8 KiB a file
    const { status, stderr } = spawnSync('sh', limited, { cwd: folder, encoding: 'utf8', timeout: 120_000 })
    assert.equal(status, 7, stderr)
    assert.match(stderr, /the trace is incomplete/)
  }))

  test('all calls of the program, with paths, bytes and errors', () => inProgram((folder) => {
    const events = traced(folder, 'app.mjs')
    const count = (cat: string, name: string, path: string): number => events.filter((event) => event.cat === cat && event.name === name && event.args.path === path).length
    assert.equal(count('fs', 'readFile', 'app.mjs'), 10)
    assert.equal(count('fs', 'stat', 'nothing'), 1)
    assert.ok(events.some(({ name, args }) => name === 'stat' && args.result === -2))
    assert.equal(count('engine', 'read', 'out'), 20)
    assert.equal(events.filter(({ name, args }) => name === 'read' && args.path === 'out').reduce((sum, { args }) => sum + args.result, 0), 20 * 4096)
    assert.equal(count('fs', 'readSync', 'out'), 1)
    assert.deepEqual(events.filter(({ args }) => args.path?.includes('/dist/') === true), [], 'what the package loads of itself is left out')
    // Rows of a timeline: nothing in one begins before what stands before it has ended.
    const ends = new Map<number, number>()
    for (const { ts, dur, tid } of events) {
      assert.ok(ts >= (ends.get(tid) ?? 0))
      ends.set(tid, ts + dur)
    }
    assert.deepEqual(leftBehind(), [])
  }))

  test('tables, call sites and filters, also of a trace that was written before', () => inProgram((folder) => {
    const { status, stderr } = run(['trace', '--by-site', '-o', 't.json', 'app.mjs'], folder)
    assert.equal(status, 0, stderr)
    assert.match(stderr, /app\.mjs:4:\d+ +10 /)
    const read = (...words: readonly string[]): string => run(['trace', '--read', 't.json', ...words], folder).stderr
    assert.match(read('-c'), /^fs:readFile +1[01] /m) // the program's ten, and on older Nodes the loader's one
    assert.match(read('--by-path'), /^out +2\d /m)
    assert.match(read('--errors', '--slowest'), /^fs:stat nothing .* ENOENT$/m)
    assert.doesNotMatch(read('-c', '--call', 'stat'), /readFile/)
    for (const line of run(['trace', '--read', 't.json'], folder, { COLUMNS: '60' }).stderr.split('\n')) assert.ok(line.length <= 60, line)
  }))

  test('a trace that was cut off, and what is none, are refused', () => inProgram((folder) => {
    traced(folder, 'app.mjs')
    writeFileSync(join(folder, 'cut.json'), readFileSync(join(folder, 't.json')).subarray(0, 500))
    for (const [file, said] of [['cut.json', /the trace was cut off/], ['app.mjs', /not a trace: it is not JSON/], ['nothing', /nothing: ENOENT/], ['null.json', /not a trace of/], ['bad.json', /event 0 is malformed/]] as const) {
      writeFileSync(join(folder, 'null.json'), 'null')
      writeFileSync(join(folder, 'bad.json'), '{"otherData":{"format":"trueaio-trace/1"},"traceEvents":[{}]}')
      const { status, stderr } = run(['trace', '--read', file], folder)
      assert.equal(status, 1, stderr)
      assert.match(stderr, said)
    }
  }))

  test('a name cannot write to the terminal', () => inFolder((folder) => {
    writeFileSync(join(folder, 'app.mjs'), "import { stat } from 'node:fs/promises'\nawait stat('\\u001b[2Jevil').catch(() => undefined)\n")
    const { stderr } = run(['trace', '--by-path', 'app.mjs'], folder)
    assert.match(stderr, /\\x1b\[2Jevil/)
    assert.ok(!stderr.includes('\u001b'))
  }))

  test('as a job it does the same again: on the engine, on Node, and on a simulated disk with faults', () => inProgram((folder) => {
    assert.equal(run(['trace', '--job', 'app.fio', '--anonymous', 'app.mjs'], folder).status, 0)
    const log = readFileSync(join(folder, 'app.iolog'), 'utf8')
    assert.ok(!log.includes('app.mjs') && !log.includes('out.f'))
    const replay = (...words: readonly string[]): { read: { total_ios: number, io_bytes: number }, write: { io_bytes: number }, other_calls: number, total_err?: number } => {
      const { status, stdout, stderr } = run(['bench', '--output-format=json', ...words, 'app.fio'], folder)
      assert.equal(status, 0, stderr)
      return (JSON.parse(stdout) as { jobs: ReturnType<typeof replay>[] }).jobs[0] as ReturnType<typeof replay>
    }
    for (const engine of ['trueaio', 'thread-pool', 'node', 'simulated']) {
      const { read, write, other_calls: others } = replay(`--engine=${engine}`)
      assert.equal(write.io_bytes, 100_000)
      assert.ok(read.total_ios >= 31 && read.io_bytes >= 20 * 4096 + 10 * PROGRAM.length, engine)
      assert.ok(others >= 1)
    }
    const { read, total_err: errors } = replay('--engine=simulated', '--simulated_errors=EIO:0.3', '--continue_on_error=all', '--replay_no_stall')
    assert.ok((errors ?? 0) > 0 && read.total_ios > 0)
  }))
})

describe('trueaio top', () => {
  test('asks a running program that wants to be asked, and its user alone', () => inFolder(async (folder) => {
    const environment = { ...process.env, TRUEAIO_TOP: '1', XDG_RUNTIME_DIR: folder }
    writeFileSync(join(folder, 'app.mjs'), "import { readFile } from 'node:fs/promises'\nsetInterval(() => readFile('app.mjs'), 5)\nawait readFile('app.mjs')\nconsole.log('up')\n")
    const child = spawn(process.execPath, ['--import', import.meta.resolve('trueaio/register'), 'app.mjs'], { cwd: folder, env: environment, stdio: ['ignore', 'pipe', 'inherit'] })
    try {
      await once(child.stdout, 'data')
      const place = `trueaio-top-${String(process.getuid?.() ?? 0)}`
      const socket = join(folder, place, `${String(child.pid)}.sock`)
      // The server begins to listen some turns of the loop behind the first operation.
      const deadline = Date.now() + 30_000
      while (!existsSync(socket) && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20))
      const words = ['top', '-n', '2', '--interval', '100', String(child.pid)]
      const { status, stdout, stderr } = run(words, folder, { XDG_RUNTIME_DIR: folder })
      assert.equal(status, 0, stderr)
      assert.match(stdout, /driver [\w-]+: in flight/)
      assert.equal(statSync(socket).mode & 0o777, 0o600)
      assert.equal(statSync(join(folder, place)).mode & 0o777, 0o700)
      assert.match(run(['top', '--list'], folder, { XDG_RUNTIME_DIR: folder }).stdout, new RegExp(`^${String(child.pid)} `))
      child.kill('SIGKILL')
      await once(child, 'close')
      const gone = run(words, folder, { XDG_RUNTIME_DIR: folder })
      assert.equal(gone.status, 1)
      assert.match(gone.stderr, /has gone \(ECONNREFUSED\)/)
    } finally {
      child.kill('SIGKILL')
    }
  }))

  test('one that was not started for it, and what is no process', () => inFolder((folder) => {
    const { status, stderr } = run(['top', String(process.pid)], folder, { XDG_RUNTIME_DIR: folder })
    assert.equal(status, 1)
    assert.match(stderr, /start it with TRUEAIO_TOP=1/)
    assert.equal(run(['top', 'x'], folder, { XDG_RUNTIME_DIR: folder }).status, 2)
  }))
})

describe('a recorded run of a real tool', () => {
  test('tsc: replayed, its operations and bytes are within a tenth of what it did', () => inFolder((folder) => {
    for (let index = 0; index < 10; index++) writeFileSync(join(folder, `file-${String(index)}.ts`), `export const value${String(index)}: number = ${String(index)}\n`)
    writeFileSync(join(folder, 'tsconfig.json'), '{ "compilerOptions": { "outDir": "out", "rootDir": ".", "types": [], "skipLibCheck": true } }')
    const compiler = fileURLToPath(new URL('lib/tsc.js', import.meta.resolve('typescript/package.json')))
    const { status, stderr } = run(['trace', '-o', 't.json', '--job', 'tsc.fio', compiler, '-p', '.'], folder)
    assert.equal(status, 0, stderr)
    assert.equal(readdirSync(join(folder, 'out')).length, 10)
    const events = (JSON.parse(readFileSync(join(folder, 't.json'), 'utf8')) as { traceEvents: Event[] }).traceEvents
    // readFileSync is one call, whatever Node makes of it.
    const wholeReads = events.filter(({ name }) => name === 'readFileSync')
    assert.ok(wholeReads.length > 20 && events.filter(({ name }) => name === 'readSync').length < wholeReads.length / 2)
    const bytes = events.filter(({ name, args }) => /^(read|write)/.test(name) && !/^read(dir|link)/.test(name) && args.result > 0).reduce((sum, { args }) => sum + args.result, 0)
    const calls = events.filter(({ name }) => !/^(open|close)/.test(name)).length
    const replayed = run(['bench', '--output-format=json', '--replay_no_stall', 'tsc.fio'], folder)
    assert.equal(replayed.status, 0, replayed.stderr)
    const { jobs: [job] } = JSON.parse(replayed.stdout) as { jobs: { read: { total_ios: number, io_bytes: number }, write: { total_ios: number, io_bytes: number }, other_calls: number }[] }
    assert.ok(job !== undefined)
    assert.ok(Math.abs((job.read.io_bytes + job.write.io_bytes) / bytes - 1) < 0.1, `${String(job.read.io_bytes + job.write.io_bytes)} of ${String(bytes)} bytes`)
    assert.ok(Math.abs((job.read.total_ios + job.write.total_ios + job.other_calls) / calls - 1) < 0.1, `${String(job.read.total_ios + job.write.total_ios + job.other_calls)} of ${String(calls)} calls`)
    assert.ok(existsSync(join(folder, 'tsc.files')))
  }))
})
