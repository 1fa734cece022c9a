// Whatever fails, and whenever: the error says where, the final name has the old content or the new one, and nothing is left.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { after, describe, test } from 'node:test'
import { Proactor } from 'trueaio'
import { simulated } from 'trueaio/simulated'
import { hash, transfer, type TransferError, type TransferOptions } from 'trueaio/transfer'
import { assertClean, bytesOf, folderOf } from './subjects.js'

const bytes = bytesOf(200_001)
const ROOT_MODE = 0o777

describe('a simulated disk', () => {
  for (const through of [false, true]) {
    test(`a thousand seeds of faults, ${through ? 'through a hash' : 'copied'}`, async () => {
      const outcomes = { done: 0, failed: 0 }
      for (let seed = 1; seed <= 500; seed++) {
        const driver = simulated({ seed, shortRate: 0.3, errorRates: { EIO: 0.02, ENOSPC: 0.02 }, delay: [0, 5] })
        driver.files.write('/source', bytes)
        driver.files.write('/target', 'old')
        const proactor = new Proactor({ driver })
        const options: TransferOptions = { proactor, sync: true, pieces: { size: 16384 }, ...through ? { through: [hash('md5')] } : {} }
        const error = await transfer('/source', '/target', options).then(() => undefined, (reason: unknown) => reason as TransferError)
        await proactor.close()
        const log = `seed ${String(seed)}: ${String(error?.message)}\n${driver.log.toString()}`
        const there = driver.files.read('/target')
        // What fails behind the rename cannot undo it: the directory's sync.
        if (error?.step === 'sync the directory' || error?.step === 'close') assert.ok(there.equals(bytes) || there.toString() === 'old', log)
        else assert.ok(error === undefined ? there.equals(bytes) : there.toString() === 'old' || error.step === 'rename', log)
        assert.equal(driver.openDescriptors, 0, log)
        if (error === undefined) outcomes.done++
        else {
          outcomes.failed++
          assert.match(String(error.code), /^(EIO|ENOSPC)$/, log)
          assert.match(error.end, /^(source|target) \//, log)
        }
      }
      assert.ok(outcomes.done > 20 && outcomes.failed > 20, JSON.stringify(outcomes))
    })
  }
})

describe('a disk that is full', () => {
  const folder = folderOf('transfer-full')
  mkdirSync(folder.at('small'), { mode: ROOT_MODE })
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'none', folder.at('small')]).status === 0
  after(() => {
    if (mounted) spawnSync('umount', ['-l', folder.at('small')])
    folder.remove()
  })

  test('ENOSPC of every way to write', { skip: mounted ? false : 'no right to mount' }, async () => {
    writeFileSync(folder.at('source'), bytesOf(3_000_000))
    const target = folder.at('small/target')
    writeFileSync(target, 'old')
    for (const source of [folder.at('source'), { memory: readFileSync(folder.at('source')) }, [readFileSync(folder.at('source'))]]) {
      await assert.rejects(transfer(source, target).then(), (error: TransferError) => error.code === 'ENOSPC' && error.end.endsWith(target) && error.offset !== undefined && error.device !== undefined)
      await assert.rejects(transfer(source, target, { through: [hash('sha1')] }).then(), { code: 'ENOSPC' })
      assert.equal(readFileSync(target, 'utf8'), 'old')
      assertClean({ ...folder, path: folder.at('small'), others: () => [] })
      assert.ok(statSync(target).size === 3)
    }
    assert.deepEqual(spawnSync('ls', ['-A', folder.at('small')], { encoding: 'utf8' }).stdout.trim(), 'target')
  })
})
