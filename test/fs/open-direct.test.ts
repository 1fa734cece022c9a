// openDirect: transfers past the page cache, with everything that does not fit refused in words.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { openDirect } from 'trueaio/fs/promises'
import { openBelow } from './open-descriptors.js'

const WITHIN = { timeout: 20_000 }
// Beside the compiled tests: on a disk, which a temporary folder need not be.
const folder = fileURLToPath(new URL('../../', import.meta.url))
let root: string
let path: string
before(() => {
  root = fs.realpathSync(fs.mkdtempSync(join(folder, 'direct-')))
  path = join(root, 'file')
})
after(() => fs.rmSync(root, { recursive: true }))

describe('openDirect', WITHIN, () => {
  test('writes and reads what node:fs sees', async () => {
    const handle = await openDirect(path, 'w+')
    const { memory, offset } = handle.alignment
    assert.ok(memory >= 1 && offset >= 1 && 4096 % offset === 0)
    const [, flags] = /^flags:\s+(\d+)$/m.exec(fs.readFileSync(`/proc/self/fdinfo/${String(handle.fd)}`, 'latin1')) ?? []
    assert.notEqual(parseInt(flags ?? '0', 8) & fs.constants.O_DIRECT, 0)
    const buffer = handle.allocate(8192)
    buffer.fill('direct')
    assert.equal(await handle.write(buffer, 4096), 8192)
    await handle.datasync()
    assert.ok(fs.readFileSync(path).equals(Buffer.concat([Buffer.alloc(4096), buffer])))
    const back = handle.allocate(4096)
    assert.equal(await handle.read(back, 8192), 4096)
    assert.ok(back.equals(buffer.subarray(4096)))
    assert.equal(await handle.read(back, 12288), 0)
    assert.equal(await handle.commit(back, 0), 4096)
    assert.ok(fs.readFileSync(path).subarray(0, 4096).equals(back))
    handle.release(buffer)
    handle.release(back)
    await handle.close()
    assert.deepEqual(openBelow(root), [])
  })

  test('allocate rounds up to a length that can be transferred', async () => {
    const handle = await openDirect(path, 'a+')
    const buffer = handle.allocate(1)
    assert.equal(buffer.length, handle.alignment.offset)
    assert.equal(await handle.write(buffer, 0), buffer.length)
    handle.release(buffer)
    assert.throws(() => handle.release(buffer), { code: 'ERR_INVALID_ARG_VALUE' })
    assert.throws(() => handle.allocate(0), { code: 'ERR_OUT_OF_RANGE' })
    await handle.close()
  })

  test('what is not aligned is refused in words, not by the kernel', async () => {
    const handle = await openDirect(path, 'r+')
    const buffer = handle.allocate(8192)
    const unit = String(handle.alignment.offset)
    await assert.rejects(handle.read(buffer, 1), { code: 'ERR_OUT_OF_RANGE', message: new RegExp(`"offset".*multiple of ${unit}.*Received 1`) })
    await assert.rejects(handle.read(buffer, 0, { length: 100 }), { code: 'ERR_OUT_OF_RANGE', message: new RegExp(`"length".*multiple of ${unit}.*Received 100`) })
    const odd = buffer.subarray(1, 1 + handle.alignment.offset)
    for (const work of [handle.read(odd, 0), handle.write(odd, 0), handle.commit(odd, 0)]) {
      await assert.rejects(work, { code: 'ERR_INVALID_ARG_VALUE', message: /must begin at a multiple of \d+ for O_DIRECT: take it from allocate\(\)/ })
    }
    await assert.rejects(handle.write('text' as never, 0), { code: 'ERR_INVALID_ARG_TYPE' })
    handle.release(buffer)
    await handle.close()
  })

  test('a file system without O_DIRECT is named as the cause, and nothing stays open', async () => {
    await assert.rejects(openDirect('/proc/self/status'), (error: NodeJS.ErrnoException & { cause?: NodeJS.ErrnoException }) => {
      assert.equal(error.code, 'ERR_TRUEAIO_NO_DIRECT')
      assert.match(error.message, /'\/proc\/self\/status' cannot be opened past the page cache: its file system has no O_DIRECT/)
      assert.equal(error.path, '/proc/self/status')
      assert.equal(error.cause?.code, 'EINVAL')
      return true
    })
    assert.deepEqual(openBelow('/proc/self'), [])
  })

  test('other errors are those of open', async () => {
    await assert.rejects(openDirect(join(root, 'missing')), { code: 'ENOENT', syscall: 'open' })
    await assert.rejects(openDirect(path, 'z'), { code: 'ERR_INVALID_ARG_VALUE' })
    await assert.rejects(openDirect('a\0b'), { code: 'ERR_INVALID_ARG_VALUE' })
  })
})
