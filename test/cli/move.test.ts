// `trueaio copy` and `trueaio sync`, as a user runs them: the same trees as cp and rsync make, on every driver and without the addon; hard
// names, what cannot be read, what vanishes; Ctrl-C, deadlines, resume; what is refused.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync, chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync, symlinkSync, truncateSync, utimesSync, writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, test } from 'node:test'
import { command, inFolder, run } from './command.js'

const FOREIGN = Buffer.from([0x66, 0xff, 0x0a, 0xfe]) // neither UTF-8 nor one line

function makeTree(folder: string): string {
  const tree = join(folder, 'tree')
  mkdirSync(join(tree, 'a/b'), { recursive: true })
  mkdirSync(join(tree, 'empty'), { mode: 0o750 })
  for (let index = 0; index < 20; index++) writeFileSync(join(tree, index % 2 === 0 ? 'a' : 'a/b', `${String(index)}.txt`), 'x'.repeat(index * 1000))
  writeFileSync(join(tree, 'a', 'two\nlines'), 'two')
  writeFileSync(Buffer.concat([Buffer.from(`${tree}/a/`), FOREIGN]), 'foreign')
  symlinkSync('../../outside', join(tree, 'a/b/out'))
  symlinkSync(FOREIGN, join(tree, 'a/foreign-link'))
  writeFileSync(join(tree, 'holes'), 'end')
  truncateSync(join(tree, 'holes'), 8_000_000)
  chmodSync(join(tree, 'a/2.txt'), 0o640)
  utimesSync(join(tree, 'a/2.txt'), 1000, 2000.5)
  utimesSync(join(tree, 'a/b'), 3000, 4000)
  return tree
}

function assertSame(left: string, right: string): void {
  const { stdout, stderr } = spawnSync('diff', ['-r', '--no-dereference', left, right], { encoding: 'latin1' })
  assert.equal(stdout + stderr, '')
}

function failsWith(words: readonly string[], cwd: string, code: number, said: RegExp): void {
  const { status, stderr } = run(words, cwd)
  assert.match(stderr, said)
  assert.equal(status, code, stderr)
}

/** Runs it, and ends it by a signal once `begun` says so. */
async function stopped(words: readonly string[], cwd: string, signal: NodeJS.Signals, begun: () => boolean): Promise<{ readonly code: number | null, readonly stderr: string, readonly milliseconds: number }> {
  const child = spawn(process.execPath, [command, ...words], { cwd, stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, NO_COLOR: '1' } })
  let stderr = ''
  child.stderr.on('data', (piece: Buffer) => { stderr += piece.toString() })
  for (let tries = 0; tries < 1500 && !begun(); tries++) await sleep(20)
  const at = performance.now()
  child.kill(signal)
  const [code] = await once(child, 'close') as [number | null]
  return { code, stderr, milliseconds: performance.now() - at }
}

function hasPartial(folder: string): boolean {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).some((name) => name.endsWith('.partial'))
}

describe('copy', () => {
  for (const words of [[], ['--driver', 'thread-pool'], ['--driver', 'linux-aio'], ['--driver', 'node'], ['addon off']]) {
    test(`a tree, ${words.join(' ') || 'on the best driver'}: with hard names, links, holes`, () => inFolder((folder) => {
      const tree = makeTree(folder)
      const isOff = words[0] === 'addon off'
      for (const options of [[], ['-p']]) {
        const { status, stdout, stderr } = run(['copy', ...options, ...isOff ? [] : words, 'tree', 'copy'], folder, isOff ? { TRUEAIO_ADDON: 'off' } : {})
        assert.deepEqual([status, stdout, stderr], [0, '', ''])
        assertSame(tree, join(folder, 'copy'))
        assert.deepEqual(readlinkSync(join(folder, 'copy/a/foreign-link'), 'buffer'), FOREIGN)
        assert.ok(statSync(join(folder, 'copy/holes')).blocks * 512 < 1_000_000, 'holes stay holes')
        if (options.length > 0) {
          assert.equal(statSync(join(folder, 'copy/a/2.txt')).mtimeMs, 2_000_500)
          assert.equal(statSync(join(folder, 'copy/a/b')).mtimeMs, 4_000_000)
        }
        rmSync(join(folder, 'copy'), { recursive: true })
      }
      assert.deepEqual(readdirSync(folder), ['tree'])
    }))
  }

  test('as cp: into a directory that is there, several at once; a name in bytes', () => inFolder((folder) => {
    makeTree(folder)
    mkdirSync(join(folder, 'into'))
    assert.equal(run(['copy', 'tree', 'tree/holes', 'into'], folder).status, 0)
    assertSame(join(folder, 'tree'), join(folder, 'into/tree'))
    assert.equal(statSync(join(folder, 'into/holes')).size, 8_000_000)
    const script = `exec "$0" "$@" "$(printf 'tree/a/f\\377\\n\\376')" foreign`
    assert.equal(spawnSync('sh', ['-c', script, process.execPath, command, 'copy'], { cwd: folder }).status, 0)
    assert.equal(readFileSync(join(folder, 'foreign'), 'utf8'), 'foreign')
  }))

  test('what is refused, and what to do', () => inFolder((folder) => {
    makeTree(folder)
    writeFileSync(join(folder, 'file'), 'mine')
    symlinkSync('file', join(folder, 'link'))
    symlinkSync('tree/a', join(folder, 'inside'))
    mkdirSync(join(folder, 'into/file'), { recursive: true })
    spawnSync('mkfifo', [join(folder, 'fifo')])
    const before = readdirSync(folder, { recursive: true }).length
    for (const [words, code, said] of [
      [['nothing', 'x'], 1, /nothing does not exist: name an existing file or directory/],
      [['file', 'file'], 1, /file and file are the same/],
      [['file', 'link'], 1, /file and link are the same/],
      [['tree', 'file'], 1, /file is not a directory, but tree is one/],
      [['file', 'into'], 1, /into\/file is a directory, and file is a file/],
      [['tree', 'tree/new'], 1, /inside tree: a directory cannot be copied into itself/],
      [['tree', 'inside'], 1, /cannot be copied into itself/],
      [['tree', 'no/such'], 1, /no does not exist: make the directory first/],
      [['file', 'no/'], 1, /make the directory first/],
      [['file', 'link', 'no'], 1, /several files need a directory/],
      [['file', 'tree/a/../../file', 'tree'], 1, /would both become tree\/file/],
      [['fifo', 'x'], 1, /neither a file nor a directory: 'trueaio transfer' reads pipes/],
      [['file', 'fifo'], 1, /fifo is not a regular file/],
      [['file'], 2, /copy needs FROM… and TO, and got only 'file'/],
      [['--rate', 'fast', 'file', 'x'], 2, /--rate must be bytes a second such as 10m/],
      [['--timeout', '0', 'file', 'x'], 2, /--timeout must be a time above 0/],
      [['--exclude', '[', 'tree', 'x'], 2, /--exclude '\[' has a '\['/],
      [['--verify', '--resume', 'file', 'x'], 2, /exclude each other/],
      [['--driver', 'floppy', 'file', 'x'], 2, /--driver must be one of/],
    ] as const) failsWith(['copy', ...words], folder, code, said)
    assert.equal(readdirSync(folder, { recursive: true }).length, before)
    assert.equal(readFileSync(join(folder, 'file'), 'utf8'), 'mine')
  }))

  test('--dry-run changes nothing, and tells; --exclude; --verify; --json; --explain', () => inFolder((folder) => {
    const tree = makeTree(folder)
    const dry = run(['copy', '-n', '--exclude', 'b/', '--exclude', '*0.txt', 'tree', 'copy'], folder)
    assert.match(dry.stdout, /^copy a\/2\.txt \(2\.0 KiB\)$/m)
    assert.match(dry.stdout, /^copy a\/two\\x0alines /m)
    assert.doesNotMatch(dry.stdout, /copy a\/10\.txt|copy a\/b\/1/)
    assert.ok(!existsSync(join(folder, 'copy')))
    const { status, stdout } = run(['copy', '--json', '--verify', '--explain', 'tree', 'copy'], folder)
    assert.equal(status, 0)
    const documents = stdout.trim().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>)
    assert.equal((documents[0]?.['explain'] as string[])[0], 'tree → copy')
    const { done, exitCode, failures, actions } = documents.at(-1) as { done: boolean, exitCode: number, failures: number, actions: Record<string, number> }
    assert.deepEqual([done, exitCode, failures, actions['copy'], actions['link']], [true, 0, 0, 23, 2])
    assertSame(tree, join(folder, 'copy'))
  }))

  test('Ctrl-C leaves nothing and ends with 130; --timeout with 124; a rate is one for the whole tree', () => inFolder(async (folder) => {
    makeTree(folder)
    const { code, stderr, milliseconds } = await stopped(['copy', '--rate', '20k', '-v', 'tree', 'copy'], folder, 'SIGINT', () => hasPartial(folder))
    assert.equal(code, 130, stderr)
    assert.match(stderr, /trueaio: stopped; .* were copied/)
    assert.ok(milliseconds < 10_000, String(milliseconds))
    assert.deepEqual(readdirSync(folder), ['tree'])
    // 190 kB at 20 kB/s are 9 s, however many files go at once.
    failsWith(['copy', '--rate', '20k', '--timeout', '3s', '-v', 'tree', 'copy'], folder, 124, /--timeout has passed/)
    assert.deepEqual(readdirSync(folder), ['tree'])
  }))

  test('--resume goes on with a file and with a tree', () => inFolder(async (folder) => {
    writeFileSync(join(folder, 'large'), Buffer.alloc(8_000_000, 'x'))
    const { code } = await stopped(['copy', '--resume', '--rate', '4m', 'large', 'copy'], folder, 'SIGTERM', () => existsSync(join(folder, '.copy.trueaio-resume')) && statSync(join(folder, '.copy.trueaio-resume')).size > 200)
    assert.equal(code, 143)
    assert.ok(!existsSync(join(folder, 'copy')))
    const { stdout } = run(['copy', '--resume', '--json', 'large', 'copy'], folder)
    const { resumed, written } = JSON.parse(stdout) as { resumed: number, written: number }
    assert.ok(resumed > 0 && resumed + written === 8_000_000, stdout)
    assert.deepEqual(readdirSync(folder).sort(), ['copy', 'large'])
    const tree = makeTree(folder)
    assert.equal((await stopped(['copy', '--resume', '--rate', '20k', 'tree', 'again'], folder, 'SIGINT', () => existsSync(join(folder, '.again.trueaio-resume/a/2.txt')))).code, 130)
    assert.ok(!hasPartial(folder) && !existsSync(join(folder, 'again')))
    const again = JSON.parse(run(['copy', '--resume', '--json', 'tree', 'again'], folder).stdout) as { actions: Record<string, number> }
    assert.ok((again.actions['unchanged'] ?? 0) > 0)
    assertSame(tree, join(folder, 'again'))
    assert.deepEqual(readdirSync(folder).sort(), ['again', 'copy', 'large', 'tree'])
  }))
})

/** As another user, who may not read everything. */
function asNobody(folder: string, ...words: readonly string[]): ReturnType<typeof run> | undefined {
  if (process.getuid?.() !== 0) return run(words, folder)
  const { status, stdout, stderr, error } = spawnSync(process.execPath, [command, ...words], { cwd: folder, encoding: 'utf8', timeout: 120_000, uid: 65534, gid: 65534, env: { ...process.env, NO_COLOR: '1' } })
  return error === undefined && !/EACCES.*(node_modules|dist)|Cannot find module/.test(stderr) ? { status, stdout, stderr } : undefined // the checkout may be somebody's own
}

describe('sync', () => {
  test('the same as rsync makes; a second run changes nothing; what differs is found', () => inFolder((folder) => {
    const tree = makeTree(folder)
    for (const words of [['--driver', 'node'], []]) {
      rmSync(join(folder, 'copy'), { recursive: true, force: true })
      assert.equal(run(['sync', ...words, 'tree', 'copy'], folder).status, 0)
      assertSame(tree, join(folder, 'copy'))
      const again = run(['sync', '-v', ...words, 'tree', 'copy'], folder)
      assert.deepEqual([again.status, again.stdout], [0, ''])
    }
    if (spawnSync('rsync', ['--version']).status === 0) {
      assert.equal(spawnSync('rsync', ['-ai', '--delete', 'tree/', 'copy'], { cwd: folder, encoding: 'utf8' }).stdout, '', 'rsync finds nothing to do')
    }
    writeFileSync(join(tree, 'a/2.txt'), 'other')
    chmodSync(join(tree, 'a/4.txt'), 0o600)
    utimesSync(join(tree, 'empty'), 50, 60)
    rmSync(join(tree, 'a/b/out'))
    symlinkSync('elsewhere', join(tree, 'a/b/out'))
    const { stdout } = run(['sync', '-v', 'tree', 'copy'], folder)
    assert.deepEqual(stdout.trim().split('\n').sort(), ['attributes a/4.txt', 'copy a/2.txt (5 B)', 'link a/b/out'])
    assert.equal(statSync(join(folder, 'copy/a/4.txt')).mode & 0o777, 0o600)
    assert.equal(statSync(join(folder, 'copy/empty')).mtimeMs, 60_000)
    assertSame(tree, join(folder, 'copy'))
  }))

  test('--checksum finds bytes that differ behind the same size and time, and passes over those that do not', () => inFolder((folder) => {
    const tree = makeTree(folder)
    assert.equal(run(['sync', 'tree', 'copy'], folder).status, 0)
    const { atime, mtime } = statSync(join(tree, 'a/2.txt'))
    writeFileSync(join(folder, 'copy/a/2.txt'), 'y'.repeat(2000))
    utimesSync(join(folder, 'copy/a/2.txt'), atime, mtime)
    utimesSync(join(folder, 'copy/a/6.txt'), 1, 1)
    assert.equal(run(['sync', '-v', '-n', 'tree', 'copy'], folder).stdout, 'copy a/6.txt (5.9 KiB)\n')
    assert.deepEqual(run(['sync', '-v', '-c', 'tree', 'copy'], folder).stdout.trim().split('\n').sort(), ['attributes a/6.txt', 'copy a/2.txt (2.0 KiB)'])
    assertSame(tree, join(folder, 'copy'))
  }))

  test('--delete: what is not there, what is of another type; never through a link, never what is excluded', () => inFolder((folder) => {
    const tree = makeTree(folder)
    const copy = join(folder, 'copy')
    mkdirSync(join(folder, 'elsewhere'))
    writeFileSync(join(folder, 'elsewhere/mine'), 'mine')
    mkdirSync(join(copy, 'holes/full'), { recursive: true })
    writeFileSync(join(copy, 'holes/full/x'), 'x')
    symlinkSync('../elsewhere', join(copy, 'a'))
    writeFileSync(join(copy, 'empty'), 'a file', { mode: 0o600 })
    writeFileSync(join(copy, 'keep.log'), 'log')
    mkdirSync(join(copy, 'old/deep'), { recursive: true })
    const before = run(['sync', 'tree', 'copy', '--exclude', '*.log'], folder)
    assert.equal(before.status, 23, before.stderr)
    assert.match(before.stderr, /tree: a: make the directory of target .*copy\/a failed: EEXIST/)
    assert.match(before.stderr, /3 entries could not be copied/)
    assert.equal(statSync(join(copy, 'empty')).mode & 0o777, 0o600, 'a file in a directory’s place keeps its mode')
    const dry = run(['sync', '-n', '--delete', 'tree', 'copy', '--exclude', '*.log'], folder)
    assert.match(dry.stdout, /^delete old$/m)
    assert.ok(existsSync(join(copy, 'old/deep')))
    assert.equal(run(['sync', '--delete', 'tree', 'copy', '--exclude', '*.log'], folder).status, 0)
    assert.deepEqual(readdirSync(join(folder, 'elsewhere')), ['mine'])
    rmSync(join(copy, 'keep.log'))
    assertSame(tree, copy)
    assert.ok(lstatSync(join(copy, 'a')).isDirectory())
  }))

  test('a pipe in the place of a file is replaced, and not written into', () => inFolder((folder) => {
    const tree = makeTree(folder)
    mkdirSync(join(folder, 'copy/a'), { recursive: true })
    spawnSync('mkfifo', [join(folder, 'copy/a/2.txt')])
    assert.equal(run(['sync', '--timeout', '60s', 'tree', 'copy'], folder).status, 0)
    assertSame(tree, join(folder, 'copy'))
  }))

  test('what cannot be read is told, the rest is copied: 23', (t) => inFolder((folder) => {
    makeTree(folder)
    mkdirSync(join(folder, 'mine'))
    for (const path of ['.', 'mine']) chmodSync(join(folder, path), 0o777)
    chmodSync(join(folder, 'tree/a/b'), 0o000)
    chmodSync(join(folder, 'tree/a/2.txt'), 0o000)
    for (const words of [['sync'], ['copy'], ['copy', '-v']]) {
      const ran = asNobody(folder, ...words, 'tree', words[0] === 'sync' ? 'mine/sync' : `mine/copy${String(words.length)}`)
      if (ran === undefined) return t.skip('another user cannot run the checkout')
      assert.match(ran.stderr, /tree: a\/b: .*EACCES/)
      assert.match(ran.stderr, /tree: a\/2\.txt: open of source .*tree\/a\/2\.txt failed: EACCES/)
      assert.equal(ran.status, 23, ran.stderr)
    }
    for (const copy of ['sync', 'copy1', 'copy2']) {
      assert.equal(readFileSync(join(folder, 'mine', copy, 'a/4.txt'), 'utf8').length, 4000)
      assert.ok(!existsSync(join(folder, 'mine', copy, 'a/2.txt')))
    }
    chmodSync(join(folder, 'tree/a/b'), 0o700)
  }))

  test('files that vanish, grow and shrink meanwhile: the rest comes, and a second run sets it right', () => inFolder(async (folder) => {
    const tree = makeTree(folder)
    for (let index = 0; index < 200; index++) writeFileSync(join(tree, `many-${String(index)}`), 'z'.repeat(20_000))
    const child = spawn(process.execPath, [command, 'sync', '--rate', '1m', 'tree', 'copy'], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
    let stderr = ''
    child.stderr.on('data', (piece: Buffer) => { stderr += piece.toString() })
    const closed = once(child, 'close') as Promise<[number]>
    for (let tries = 0; tries < 1500 && !(existsSync(join(folder, 'copy')) && readdirSync(join(folder, 'copy')).length > 30); tries++) await sleep(10)
    for (let index = 0; index < 200; index++) {
      const path = join(tree, `many-${String(index)}`)
      if (index % 4 === 0) rmSync(path)
      else if (index % 4 === 1) appendFileSync(path, 'more')
      else if (index % 4 === 2) truncateSync(path, 10)
    }
    const [code] = await closed
    assert.ok([0, 23, 24].includes(code), stderr)
    const again = run(['sync', '--delete', '--checksum', 'tree', 'copy'], folder)
    assert.equal(again.status, 0, again.stderr)
    assertSame(tree, join(folder, 'copy'))
  }))

  test('ended by Ctrl-C it keeps what is whole; run again it goes on', () => inFolder(async (folder) => {
    const tree = makeTree(folder)
    const { code } = await stopped(['sync', '--rate', '20k', 'tree', 'copy'], folder, 'SIGINT', () => existsSync(join(folder, 'copy/a/2.txt')))
    assert.equal(code, 130)
    assert.ok(!hasPartial(folder))
    assert.equal(run(['sync', 'tree', 'copy'], folder).status, 0)
    assertSame(tree, join(folder, 'copy'))
  }))

  test('one file, and its times', () => inFolder((folder) => {
    makeTree(folder)
    assert.equal(run(['sync', 'tree/a/2.txt', 'copy'], folder).status, 0)
    assert.equal(statSync(join(folder, 'copy')).mtimeMs, 2_000_500)
    assert.equal(run(['sync', '-v', 'tree/a/2.txt', 'copy'], folder).stdout, '')
  }))
})
