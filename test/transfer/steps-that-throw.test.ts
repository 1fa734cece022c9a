// What is found wrong between two operations, and not told by one: a source that has become shorter, a target that has no more room.
import assert from 'node:assert/strict'
import { existsSync, truncateSync, writeFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { linuxAio, nodeDriver, Proactor, threadPool, type DriverFactory } from 'trueaio'
import { hash, transfer, type TransferOptions } from 'trueaio/transfer'
import { assertClean, bytesOf, folderOf } from './subjects.js'

const DRIVERS: readonly (readonly [name: string, driver?: readonly DriverFactory[]])[] = [
  ['those here'], ['thread-pool', [threadPool]], ['linux-aio', [linuxAio, threadPool]], ['node', [nodeDriver]],
]
const LENGTH = 4 << 20
const LEFT = 1 << 20

for (const [name, driver] of process.platform === 'win32' ? [['node', [nodeDriver]] as const] : DRIVERS) {
  describe(name, () => {
    const ways: readonly (readonly [way: string, options: TransferOptions])[] = [['with a rate', {}], ['through a hash', { through: [hash('md5')] }], ['in one lane', { pieces: { inFlight: 1 } }]]
    for (const [way, options] of ways) {
      test(`a source that becomes shorter, ${way}`, async () => {
        const folder = folderOf('transfer-shorter')
        await using proactor = new Proactor(driver === undefined ? {} : { driver })
        writeFileSync(folder.at('source'), bytesOf(LENGTH))
        const job = transfer(folder.at('source'), folder.at('target'), { rate: '16MB', ...options, proactor })
        const rejected = assert.rejects(Promise.resolve(job), { code: 'EIO', end: `source ${folder.at('source')}` })
        while (job.bytes === 0) await new Promise((resolve) => setTimeout(resolve, 1))
        truncateSync(folder.at('source'), LEFT)
        await rejected
        assert.ok(!existsSync(folder.at('target')))
        await job.closed
        if (process.platform === 'linux') assertClean(folder, 'source')
        folder.remove()
      })
    }

    test('a target with room for less than comes', async () => {
      const folder = folderOf('transfer-room')
      await using proactor = new Proactor(driver === undefined ? {} : { driver })
      const pieces = Array.from({ length: 100 }, () => Buffer.alloc(1000))
      for (const target of [{ memory: Buffer.alloc(5000) }, { file: folder.at('range'), offset: 0, length: 5000 }]) {
        const { code, end } = await transfer(pieces, target, { proactor }).then(() => ({ code: undefined, end: '' }), (error: unknown) => error as { readonly code?: string, readonly end: string })
        assert.equal(code, 'ENOSPC')
        assert.match(end, /^target /)
      }
      folder.remove()
    })
  })
}
