// cp of files whose size says nothing about what is in them: of /proc, and such as are cut or grow meanwhile.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import * as callbacks from 'trueaio/fs'
import * as ours from 'trueaio/fs/promises'
import { copyOne } from '#src/fs/tree/copy-one.js'

const SOURCE = '/proc/sys/kernel/random'
const NAME = 'poolsize'
const skip = fs.existsSync(join(SOURCE, NAME)) ? false : 'there is no such file of /proc here'
// Its size is a page, whatever is in it.
const SYS = '/sys/kernel/mm/transparent_hugepage/enabled'
const withoutSys = fs.existsSync(SYS) ? false : 'there is no such file of /sys here'
let directory = ''
before(() => (directory = fs.mkdtempSync(join(tmpdir(), 'copy-sizes-'))))
after(() => fs.rmSync(directory, { recursive: true }))

test('a tree of /proc has its content', { skip }, async () => {
  const to = join(directory, 'tree')
  await ours.cp(SOURCE, to, { recursive: true })
  assert.equal(fs.readFileSync(join(to, NAME), 'utf8'), fs.readFileSync(join(SOURCE, NAME), 'utf8'))
  assert.equal(fs.readFileSync(join(to, 'boot_id'), 'utf8'), fs.readFileSync(join(SOURCE, 'boot_id'), 'utf8'))
  assert.equal(fs.statSync(join(to, NAME)).mode, fs.statSync(join(SOURCE, NAME)).mode)
})

test('so has one file, copied by itself', { skip }, async () => {
  const to = join(directory, 'file')
  await copyOne(join(SOURCE, NAME), to)
  assert.equal(fs.readFileSync(to, 'utf8'), fs.readFileSync(join(SOURCE, NAME), 'utf8'))
  assert.equal(fs.statSync(to).mode, fs.statSync(join(SOURCE, NAME)).mode)
})

for (const [from, skipped] of [[join(SOURCE, NAME), skip], [SYS, withoutSys]] as const) {
  test(`copyFile and cp of ${from}`, { skip: skipped, timeout: 20_000 }, async () => {
    const to = join(directory, 'alone')
    const content = fs.readFileSync(from, 'utf8')
    const copies: readonly (() => Promise<unknown>)[] = [
      () => ours.copyFile(from, to), () => promisify(callbacks.copyFile)(from, to), () => ours.copyFile(from, to, fs.constants.COPYFILE_EXCL),
      () => ours.cp(from, to), () => ours.cp(from, to, { recursive: true }), () => promisify(callbacks.cp)(from, to), () => copyOne(from, to),
    ]
    for (const copy of copies) {
      await copy()
      assert.equal(fs.readFileSync(to, 'utf8'), content)
      assert.equal(fs.statSync(to).mode, fs.statSync(from).mode)
      fs.rmSync(to)
    }
    fs.writeFileSync(to, 'longer than what comes')
    await assert.rejects(ours.copyFile(from, to, fs.constants.COPYFILE_EXCL), { code: 'EEXIST', syscall: 'copyfile', path: from, dest: to })
    await ours.copyFile(from, to)
    assert.equal(fs.readFileSync(to, 'utf8'), content)
    await assert.rejects(ours.copyFile(`${from}-missing`, to), { code: 'ENOENT', syscall: 'copyfile', path: `${from}-missing`, dest: to })
    fs.rmSync(to)
  })
}

test('a tree of /sys has its content', { skip: withoutSys, timeout: 20_000 }, async () => {
  const to = join(directory, 'sys-tree')
  const names = fs.readdirSync(dirname(SYS)).filter((name) => fs.lstatSync(join(dirname(SYS), name)).isFile())
  await ours.cp(dirname(SYS), to, { recursive: true })
  for (const name of names) assert.equal(fs.readFileSync(join(to, name), 'utf8'), fs.readFileSync(join(dirname(SYS), name), 'utf8'), name)
})

test('an empty file stays one', async () => {
  const from = join(directory, 'empty')
  fs.writeFileSync(from, '', { mode: 0o400 })
  await copyOne(from, join(directory, 'empty-too'))
  const { mode, size } = fs.statSync(join(directory, 'empty-too'))
  assert.deepEqual([mode & 0o777, size], [0o400, 0])
})

test('files that are cut and grow meanwhile are copied to an end that they had', async () => {
  const from = join(directory, 'changing')
  fs.mkdirSync(from)
  const large = join(from, 'large')
  fs.writeFileSync(large, Buffer.alloc(8 << 20, 'x'))
  for (let round = 0; round < 8; round++) {
    const to = join(directory, `changed-${String(round)}`)
    const copying = ours.cp(from, to, { recursive: true })
    await ours.truncate(large, (round % 2 === 0 ? 3 : 9) << 20)
    await copying
    const { size } = fs.statSync(join(to, 'large'))
    assert.ok(size >= 3 << 20 && size <= 9 << 20, String(size))
  }
})
