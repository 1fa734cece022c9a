// Trees on every driver, in one trip and file by file: the same names, bytes, links, modes, times and owners.
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, readlinkSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { Proactor } from 'trueaio'
import { transfer, type TransferError } from 'trueaio/transfer'
import { assertClean, folderOf } from './subjects.js'

const folder = folderOf('transfer-tree-drivers')
after(() => folder.remove())
const source = folder.at('source')
const NOT_UTF8 = Buffer.from([0x2e, 0x2f, 0xff, 0xfe, 0x41])
mkdirSync(join(source, 'a/b'), { recursive: true })
for (let index = 0; index < 40; index++) writeFileSync(join(source, 'a', index % 2 === 0 ? String(index) : `b/${String(index)}`), 'x'.repeat(index * 4000))
symlinkSync('a/0', join(source, 'link'))
symlinkSync(NOT_UTF8, join(source, 'strange'))
chmodSync(join(source, 'a/2'), 0o4751)
chmodSync(join(source, 'a/b'), 0o2555)
for (const name of ['a/0', 'a/b', 'a', '.']) utimesSync(join(source, name), 1_000_000.5, 2_000_000.25)
execFileSync('touch', ['-h', '-d', '@3000000', join(source, 'link')])

interface Seen { readonly name: string, readonly mode: number, readonly uid: number, readonly gid: number, readonly size: number, readonly modified: number, readonly text: string }

function seen(directory: string): Seen[] {
  return ['.', ...readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort()].map((name) => {
    const stats = lstatSync(join(directory, name))
    const { mode, uid, gid, size, mtimeMs } = stats
    return { name, mode, uid, gid, size: stats.isDirectory() ? 0 : size, modified: mtimeMs, text: stats.isSymbolicLink() ? readlinkSync(join(directory, name), 'buffer').toString('hex') : '' }
  })
}

const report = (): void => undefined

for (const driver of [undefined, ['io-uring', 'thread-pool'], ['thread-pool'], ['linux-aio'], ['node']]) {
  for (const isOneByOne of driver === undefined ? [false, true] : [true]) {
    test(`${driver?.join() ?? 'default'}${isOneByOne ? ', file by file' : ', in one trip'}`, async (context) => {
      let proactor: Proactor | undefined
      try {
        proactor = driver === undefined ? undefined : new Proactor({ driver })
      } catch {
        context.skip(`no ${String(driver?.join())} here`)
        return
      }
      const target = folder.at('target')
      const { devices } = await transfer(source, target, { preserve: true, ...proactor === undefined ? {} : { proactor }, ...isOneByOne ? { report } : {} })
      assert.deepEqual(devices, [isOneByOne ? 'a tree, file by file' : 'a tree in one trip'])
      const [wanted, got] = [seen(source), seen(target)]
      assert.deepEqual(got.map((one) => ({ ...one, modified: Math.round(one.modified) })), wanted.map((one) => ({ ...one, modified: Math.round(one.modified) })))
      assert.equal(spawnSync('diff', ['-r', '--no-dereference', source, target], { encoding: 'utf8' }).stdout, '')
      assertClean(folder, 'source', 'target')
      rmSync(target, { recursive: true })
      await proactor?.close()
    })
  }
}

describe('in one trip', () => {
  test('pipes are passed over; a target whose directory is not there is an error', async () => {
    const own = folderOf('transfer-one-trip')
    mkdirSync(own.at('source/in'), { recursive: true })
    writeFileSync(own.at('source/in/file'), 'here')
    execFileSync('mkfifo', [own.at('source/in/pipe')])
    assert.deepEqual((await transfer(own.at('source'), own.at('target'))).devices, ['a tree in one trip'])
    assert.deepEqual(readdirSync(own.at('target/in')), ['file'])
    rmSync(own.at('target'), { recursive: true })
    const error = await transfer(own.at('source'), own.at('none/target')).catch((reason: unknown) => reason)
    assert.ok(error instanceof Error)
    assert.equal((error as Partial<TransferError>).code, 'ENOENT')
    assertClean(own, 'source')
    own.remove()
  })

  test('progress while it goes on, and a process that goes elsewhere meanwhile', async () => {
    const before = process.cwd()
    process.chdir(folder.path)
    const job = transfer('source', 'moved')
    process.chdir('/')
    const { bytes } = await job
    process.chdir(before)
    assert.equal(job.bytes, bytes)
    assert.ok(bytes > 0)
    assert.ok(existsSync(folder.at('moved/a/0')))
    rmSync(folder.at('moved'), { recursive: true })
  })
})
