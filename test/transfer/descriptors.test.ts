// Open files of the caller's as ends: the number may be closed at any moment, and given to another file. And what a transfer has open
// itself, when its proactor is closed under it.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { ioUring, linuxAio, nodeDriver, Proactor, threadPool, type DriverFactory } from 'trueaio'
import { transfer } from 'trueaio/transfer'
import { withoutRing } from '../harsh/ring-here.js'
import { assertClean, bytesOf, folderOf } from './subjects.js'

const DRIVERS: readonly (readonly [name: string, driver: readonly DriverFactory[]])[] = [
  ...withoutRing === false ? [['io-uring', [ioUring, threadPool]] as const] : [],
  ['thread-pool', [threadPool]], ['linux-aio', [linuxAio, threadPool]], ['node', [nodeDriver]],
]
const LENGTH = 3_000_001
const skip = process.platform === 'linux' ? false : 'it looks into /proc'

function program(name: string): string {
  return fileURLToPath(new URL(`./programs/${name}.js`, import.meta.url))
}

for (const [name, driver] of DRIVERS) {
  describe(name, { skip }, () => {
    test('a number that is closed right behind the call, and is another file\'s before the transfer has begun', async () => {
      const folder = folderOf('transfer-number')
      await using proactor = new Proactor({ driver })
      const bytes = bytesOf(LENGTH)
      writeFileSync(folder.at('source'), bytes)
      for (const end of ['source', 'target']) {
        const fd = openSync(folder.at(end), end === 'source' ? 'r' : 'w+')
        const job = end === 'source' ? transfer({ fd }, folder.at('target'), { proactor }) : transfer(folder.at('source'), { fd }, { proactor })
        closeSync(fd)
        const other = openSync(folder.at('other'), 'w+')
        assert.equal(other, fd)
        assert.equal((await job).bytes, LENGTH)
        assert.equal(statSync(folder.at('other')).size, 0)
        assert.ok(readFileSync(folder.at('target')).equals(bytes))
        closeSync(other)
      }
      assertClean(folder, 'source', 'target', 'other')
      folder.remove()
    })

    test('a number that is closed in the middle', async () => {
      const folder = folderOf('transfer-number')
      await using proactor = new Proactor({ driver })
      writeFileSync(folder.at('source'), bytesOf(LENGTH))
      const fd = openSync(folder.at('target'), 'w+')
      const job = transfer(folder.at('source'), { fd }, { proactor, rate: '20MB' })
      while (job.bytes === 0) await new Promise((resolve) => setTimeout(resolve, 1))
      closeSync(fd)
      const other = openSync(folder.at('other'), 'w+')
      await job
      assert.equal(statSync(folder.at('other')).size, 0)
      assert.equal(statSync(folder.at('target')).size, LENGTH)
      closeSync(other)
      assertClean(folder, 'source', 'target', 'other')
      folder.remove()
    })

    test('a number that is not open', async () => {
      const folder = folderOf('transfer-number')
      await using proactor = new Proactor({ driver })
      const fd = 0x7fffffff // a small one the driver may take for itself
      await assert.rejects(Promise.resolve(transfer({ fd }, folder.at('target'), { proactor })), { code: 'EBADF', step: 'open' })
      assertClean(folder)
      folder.remove()
    })

    test('its proactor is closed in the middle, or before: nothing is left', async () => {
      const folder = folderOf('transfer-closed')
      writeFileSync(folder.at('source'), bytesOf(LENGTH))
      for (const source of [folder.at('source'), { file: folder.at('source') }, 'number']) {
        for (const isBefore of [true, false]) {
          const proactor = new Proactor({ driver })
          if (isBefore) await proactor.close()
          const fd = openSync(folder.at('source'), 'r')
          const job = transfer(source === 'number' ? { fd } : source, folder.at('target'), { proactor, rate: '1MB' })
          const rejected = assert.rejects(Promise.resolve(job), { code: 'ERR_TRUEAIO_CLOSED' })
          while (!isBefore && job.bytes === 0) await new Promise((resolve) => setTimeout(resolve, 1))
          await proactor.close()
          await rejected
          await job.closed
          closeSync(fd)
          assertClean(folder, 'source')
        }
      }
      folder.remove()
    })
  })
}

test('without the addon: the transfer ends as its number becomes another file\'s', { skip }, () => {
  const folder = folderOf('transfer-number')
  const { status, stderr } = spawnSync(process.execPath, [program('without-duplicates'), folder.path], { encoding: 'utf8', env: { ...process.env, TRUEAIO_ADDON: 'off' } })
  assert.equal(status, 0, stderr)
  folder.remove()
})

test('in a worker the duplicate is closed once, by whoever has it on his list', { skip }, async () => {
  const folder = folderOf('transfer-number')
  writeFileSync(folder.at('source'), bytesOf(LENGTH))
  const warnings: string[] = []
  const listener = ({ message }: Error): void => void warnings.push(message)
  process.on('warning', listener)
  const worker = new Worker(program('worker-descriptor'), { workerData: { source: folder.at('source'), target: folder.at('target') } })
  await once(worker, 'exit')
  process.off('warning', listener)
  assert.deepEqual(warnings, [])
  assertClean(folder, 'source', 'target')
  assert.ok(readFileSync(folder.at('target')).equals(bytesOf(LENGTH)))
  folder.remove()
})
