// cp as an ordinary user, beside Node's: read-only files, set-user-ID and set-group-ID, to the same file system, to another one
// and to a full one; by one thread, and step by step below the depth to which a thread goes.
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'

const DEEPER_THAN_A_THREAD_GOES = 98
const NOBODY = 65534
const isRoot = process.getuid?.() === 0

let root: string
let skip: string | undefined = isRoot ? undefined : 'to become another user and to mount takes root'
const at = (name: string): string => join(root, name)
/** Where trees are copied to, by what is there. */
const DISKS = { same: 'same', other: 'other', full: 'full' } as const

const FILES: readonly (readonly [name: string, mode: number, bytes: number])[] = [
  ['read-only-1', 0o444, 30_000], ['read-only-2', 0o400, 30_000], ['read-only-3', 0o444, 30_000], ['nothing', 0o4444, 0],
  ['set-user', 0o4755, 100], ['set-group', 0o2755, 70_000], ['both', 0o6555, 200_000], ['large', 0o6750, 1_200_000], ['plain', 0o644, 10],
]

function plant(name: string, depth: number): void {
  const folder = at(`${name}${'/d'.repeat(depth)}`)
  fs.mkdirSync(folder, { recursive: true })
  for (const [file, , bytes] of FILES) fs.writeFileSync(join(folder, file), Buffer.alloc(bytes, file))
  execFileSync('chown', ['-R', `${String(NOBODY)}:${String(NOBODY)}`, at(name)])
  for (const [file, mode] of FILES) fs.chmodSync(join(folder, file), mode)
  fs.chmodSync(folder, 0o1755)
}

before(() => {
  root = fs.mkdtempSync(join(tmpdir(), 'trueaio-user-'))
  if (skip !== undefined) return
  for (const [name, size] of [[DISKS.other, '16m'], [DISKS.full, '64k']] as const) {
    fs.mkdirSync(at(name))
    const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=777`, 'tmpfs', at(name)], { encoding: 'utf8' })
    if (status !== 0) skip = `mount is not allowed: ${stderr}`
  }
  fs.mkdirSync(at(DISKS.same))
  fs.chmodSync(at(DISKS.same), 0o777)
  fs.chmodSync(root, 0o755)
  plant('flat', 0)
  plant('deep', DEEPER_THAN_A_THREAD_GOES)
})
after(() => {
  for (const name of [DISKS.other, DISKS.full]) if (isRoot) spawnSync('umount', ['--lazy', at(name)])
  fs.rmSync(root, { recursive: true, force: true })
})

// The modules and the addon are loaded before: the user may not be allowed to read them.
const PROGRAM = `
  import fs from 'node:fs'
  import { join } from 'node:path'
  const [module, root, trees, disks, modes] = JSON.parse(process.argv[1])
  const { cp } = await import(module)
  const first = join(root, 'same/first')
  fs.mkdirSync(first)
  await cp(first, first + '-copy', { recursive: true })
  for (const path of [first, first + '-copy']) fs.rmSync(path, { recursive: true })
  process.setgroups([])
  process.setgid(${String(NOBODY)})
  process.setuid(${String(NOBODY)})
  const filesBelow = (path) => fs.readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
    const here = join(path, entry.name)
    if (entry.isDirectory()) return filesBelow(here)
    const { mode, size } = fs.lstatSync(here)
    return [entry.name + ' ' + (mode & 0o7777).toString(8) + ' ' + String(size)]
  })
  const all = []
  for (const tree of trees) for (const disk of disks) for (const mode of modes) {
    const to = join(root, disk, 'copy')
    const said = await cp(join(root, tree), to, { recursive: true, mode }).then(() => 'done', ({ code, syscall }) => code + ' ' + syscall)
    all.push({ tree, disk, mode, said, files: filesBelow(to).sort() })
    fs.rmSync(to, { recursive: true })
  }
  console.log(JSON.stringify(all))`

/** What may not be read or written, at the top of a tree and below the depth to which a thread goes. */
const FORBIDDEN = `
  import fs from 'node:fs'
  import { join } from 'node:path'
  const [module, root] = JSON.parse(process.argv[1])
  const { cp } = await import(module)
  const at = (name) => join(root, 'same', name)
  fs.mkdirSync(at('first'))
  await cp(at('first'), at('first-copy'), { recursive: true })
  process.setgroups([])
  process.setgid(${String(NOBODY)})
  process.setuid(${String(NOBODY)})
  const said = []
  for (const depth of [1, ${String(DEEPER_THAN_A_THREAD_GOES)}]) for (const what of ['directory', 'names', 'file', 'target']) {
    const from = at(what + depth)
    const inner = from + '/d'.repeat(depth)
    const file = join(inner, 'file')
    fs.mkdirSync(inner, { recursive: true })
    fs.writeFileSync(file, 'x')
    fs.mkdirSync(at('into'), { mode: what === 'target' ? 0o555 : 0o755 })
    if (what === 'directory') fs.chmodSync(inner, 0)
    if (what === 'names') fs.chmodSync(inner, 0o444)
    if (what === 'file') fs.chmodSync(file, 0)
    const error = await cp(from, at('into/copy'), { recursive: true }).then(() => 'done', ({ code, errno, syscall, path, dest, message }) => [code, errno, syscall, path, dest, message])
    said.push([what, depth, error])
    fs.chmodSync(inner, 0o755)
    for (const path of [from, at('into')]) fs.rmSync(path, { recursive: true })
  }
  console.log(JSON.stringify(said))`

test('what may not be copied: errors as with Node', (t) => {
  if (skip !== undefined) {
    t.skip(skip)
    return
  }
  const [theirs, ours] = ['node:fs/promises', 'trueaio/fs/promises'].map((module) => {
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', FORBIDDEN, JSON.stringify([module, root])], { encoding: 'utf8', timeout: 50_000 })
    for (const name of ['first', 'first-copy']) fs.rmSync(at(`same/${name}`), { recursive: true, force: true })
    assert.notEqual(stdout, '', stderr)
    return JSON.parse(stdout) as unknown
  })
  assert.deepEqual(ours, theirs)
})

interface Copied {
  readonly tree: string
  readonly disk: string
  readonly mode: number
  readonly said: string
  readonly files: readonly string[]
}

/** What each copy says, and its files with their modes and sizes. */
function copied(module: string, driver: string): Copied[] {
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', PROGRAM, JSON.stringify([module, root, TREES, Object.values(DISKS), MODES])], {
    encoding: 'utf8', timeout: 50_000, env: { ...process.env, TRUEAIO_DRIVER: driver },
  })
  assert.notEqual(stdout, '', stderr)
  return JSON.parse(stdout) as Copied[]
}

const TREES = ['flat', 'deep']
const MODES = [0, fs.constants.COPYFILE_FICLONE]
const WHOLE = FILES.map(([name, mode, bytes]) => `${name} ${mode.toString(8)} ${String(bytes)}`).sort()

/** Where another file has failed, the mode of one that is whole may not be set any more. */
function isWhole(file: string): boolean {
  const [name, , bytes] = file.split(' ')
  return FILES.some((expected) => expected[0] === name && String(expected[2]) === bytes)
}

for (const [module, driver] of [['node:fs/promises', 'node'], ...['io-uring,thread-pool', 'thread-pool', 'linux-aio,thread-pool', 'node'].map((name) => ['trueaio/fs/promises', name])] as const) {
  test(`${module}, ${driver}`, (t) => {
    if (skip !== undefined) {
      t.skip(skip)
      return
    }
    for (const { said, files, ...what } of copied(module, driver)) {
      if (what.disk === DISKS.full) {
        assert.equal(said, 'ENOSPC copyfile')
        assert.deepEqual(files.filter((file) => !isWhole(file)), [], JSON.stringify(what))
      } else assert.deepEqual({ said, files, ...what }, { said: 'done', files: WHOLE, ...what })
    }
  })
}
