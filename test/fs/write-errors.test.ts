// Write errors surface once and never as success; partial writes go on. On the simulated driver, which can be told what goes
// wrong: every way in which the drop-in writes, with rows (one trip for a small file) and without.
import assert from 'node:assert/strict'
import type { PathLike } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { once } from 'node:events'
import { afterEach, describe, test } from 'node:test'
import { promisify } from 'node:util'
import ourFs from 'trueaio/fs'
import io from 'trueaio/fs/promises'
import { simulated, type Fault, type SimulatedDriver } from 'trueaio/simulated'
import { Proactor, setDefaultProactor } from '#src/default-proactor.js'
import { noneOpenIn } from './simulated-descriptors.js'

const CONTENT = 'a line that takes some writes\n'
const BYTES = Buffer.from(CONTENT)
const WRITES = ['write', 'writev'] as const

/** The drop-in on a simulation, for one test. */
let restore: (() => Promise<void>) | undefined
afterEach(async () => {
  await restore?.()
  restore = undefined
})

function simulate(faults: readonly Fault[], without: readonly string[] = []): SimulatedDriver {
  const driver = simulated({ seed: 7, faults, without })
  const proactor = new Proactor({ driver })
  const had = setDefaultProactor(proactor)
  restore = async () => {
    setDefaultProactor(had)
    await proactor.close()
  }
  return driver
}

type Write = (path: string) => Promise<unknown>

async function throughHandle(path: string, use: (handle: FileHandle) => Promise<unknown>): Promise<void> {
  const handle = await io.open(path, 'w')
  try {
    await use(handle)
  } finally {
    await handle.close()
  }
}

async function throughStream(path: PathLike): Promise<void> {
  const stream = ourFs.createWriteStream(path)
  const errors: unknown[] = []
  let finished = false
  stream.on('error', (error) => errors.push(error))
  stream.on('finish', () => {
    finished = true
  })
  const closed = once(stream, 'close').catch(() => undefined) // it rejects by the error that is looked at below
  stream.write(BYTES.subarray(0, 10))
  stream.write(BYTES.subarray(10, 20))
  stream.end(BYTES.subarray(20))
  await closed
  if (!stream.closed) await once(stream, 'close')
  // Once at most; and if all was said to be written, then only of the close that came after.
  assert.ok(errors.length <= 1, String(errors.length))
  const [error] = errors
  assert.equal(finished, error === undefined || (error as NodeJS.ErrnoException).syscall === 'close')
  if (error !== undefined) throw error as Error
}

/** Each writes CONTENT, and all of it or fails. */
const WHOLE: Readonly<Record<string, Write>> = {
  'writeFile of text': (path) => io.writeFile(path, CONTENT),
  'writeFile of bytes': (path) => io.writeFile(path, BYTES),
  'writeFile of an iterable': (path) => io.writeFile(path, [CONTENT.slice(0, 9), CONTENT.slice(9)]),
  'appendFile': (path) => io.appendFile(path, CONTENT),
  'fs.writeFile': (path) => promisify(ourFs.writeFile)(path, CONTENT),
  'fs.appendFile': (path) => promisify(ourFs.appendFile)(path, CONTENT),
  'FileHandle.writeFile': (path) => throughHandle(path, (handle) => handle.writeFile(CONTENT)),
  'FileHandle.appendFile': (path) => throughHandle(path, (handle) => handle.appendFile(BYTES)),
  'createWriteStream': throughStream,
}

const ERRORS = ['ENOSPC', 'EFBIG', 'EIO'] as const

for (const [title, without] of [['in rows', []], ['one by one', ['row']]] as const) {
  describe(title, () => {
    for (const [name, write] of Object.entries(WHOLE)) {
      for (const code of ERRORS) {
        test(`${name}: ${code} of the first write`, async () => {
          const driver = simulate([{ opcode: WRITES, at: 1, error: code }], without)
          await assert.rejects(write('/file'), { code, syscall: 'write' })
          await noneOpenIn(driver)
        })
        test(`${name}: ${code} behind a short write`, async () => {
          const driver = simulate([{ opcode: WRITES, at: 1, short: 4 }, { opcode: WRITES, at: 2, error: code }], without)
          await assert.rejects(write('/file'), { code, syscall: 'write' })
          assert.equal(driver.files.read('/file').toString(), CONTENT.slice(0, 4))
          await noneOpenIn(driver)
        })
      }
      test(`${name}: short writes go on`, async () => {
        const driver = simulate([{ opcode: WRITES, short: 3 }], without)
        await write('/file')
        assert.equal(driver.files.read('/file').toString(), CONTENT)
        await noneOpenIn(driver)
      })
      test(`${name}: an error of close`, async () => {
        const driver = simulate([{ opcode: 'close', at: 1, error: 'EIO' }], without)
        await assert.rejects(write('/file'), { code: 'EIO', syscall: 'close' })
        await noneOpenIn(driver)
      })
      test(`${name}: an error of open`, async () => {
        const driver = simulate([{ opcode: 'open', at: 1, error: 'ENOSPC' }], without)
        await assert.rejects(write('/file'), { code: 'ENOSPC', syscall: 'open', path: '/file' })
        await noneOpenIn(driver)
      })
    }
    test('writeFile: an error of the flush', async () => {
      const driver = simulate([{ opcode: 'fsync', error: 'EIO' }], without)
      await assert.rejects(io.writeFile('/file', CONTENT, { flush: true } as never), { code: 'EIO', syscall: 'fsync' })
      await noneOpenIn(driver)
    })
    test('writeFile: out of descriptors while others hold some waits for one', async () => {
      const driver = simulate([{ opcode: 'open', at: 2, error: 'EMFILE' }], without)
      await Promise.all([io.writeFile('/one', CONTENT), io.writeFile('/two', CONTENT), io.writeFile('/three', CONTENT)].map((writing) => writing.catch((error: unknown) => {
        assert.equal((error as { code?: string }).code, 'EMFILE') // told only when nobody else held one
      })))
      await noneOpenIn(driver)
    })
  })
}

describe('FileHandle.write and writev tell what was written, as Node’s do', () => {
  test('a short write', async () => {
    const driver = simulate([{ opcode: WRITES, short: 3 }])
    await throughHandle('/file', async (handle) => {
      assert.equal((await handle.write(BYTES)).bytesWritten, 3)
      assert.equal((await handle.writev([BYTES.subarray(3, 5), BYTES.subarray(5, 9)])).bytesWritten, 3)
    })
    assert.equal(driver.files.read('/file').toString(), CONTENT.slice(0, 6))
  })
  for (const code of ERRORS) {
    test(code, async () => {
      const driver = simulate([{ opcode: WRITES, error: code }])
      await throughHandle('/file', async (handle) => {
        await assert.rejects(handle.write(BYTES), { code, syscall: 'write' })
        await assert.rejects(handle.writev([BYTES]), { code, syscall: 'write' })
      })
      assert.equal(driver.files.read('/file').length, 0)
      await noneOpenIn(driver)
    })
  }
})

describe('cp of a tree', () => {
  function tree(faults: readonly Fault[]): SimulatedDriver {
    const driver = simulate(faults)
    driver.files.mkdir('/from')
    for (let index = 0; index < 20; index++) driver.files.write(`/from/${String(index)}`, `${CONTENT}${String(index)}`)
    return driver
  }
  const copyTree = (): Promise<void> => io.cp('/from', '/to', { recursive: true })

  test('all of it', async () => {
    const driver = tree([])
    await copyTree()
    for (let index = 0; index < 20; index++) assert.equal(driver.files.read(`/to/${String(index)}`).toString(), `${CONTENT}${String(index)}`)
    await noneOpenIn(driver)
  })
  test('copies that come up short go on', async () => {
    const driver = tree([{ opcode: 'copy_file_range', short: 5 }])
    await copyTree()
    for (let index = 0; index < 20; index++) assert.equal(driver.files.read(`/to/${String(index)}`).toString(), `${CONTENT}${String(index)}`)
    await noneOpenIn(driver)
  })
  for (const code of ERRORS) {
    for (const at of [1, 3, 20]) {
      test(`${code} of copy ${String(at)}: its file is not left half there`, async () => {
        const driver = tree([{ opcode: 'copy_file_range', at, error: code }])
        const error: unknown = await copyTree().catch((reason: unknown) => reason)
        const { code: told, syscall, path, dest } = error as NodeJS.ErrnoException & { readonly dest?: string }
        // Node's own cp names the target only, from 26 on.
        const [source, target] = Number(process.versions.node.split('.')[0]) >= 26 ? [undefined, path] : [path, dest]
        assert.deepEqual([told, syscall, source?.startsWith('/from/') ?? true, target?.startsWith('/to/')], [code, 'copyfile', true, true])
        assert.equal(driver.files.exists(target as string), false)
        await noneOpenIn(driver)
      })
    }
    test(`${code} behind a short copy`, async () => {
      const driver = tree([{ opcode: 'copy_file_range', at: 1, short: 5 }, { opcode: 'copy_file_range', at: 2, error: code }])
      await assert.rejects(copyTree(), { code, syscall: 'copyfile' })
      await noneOpenIn(driver)
    })
    test(`${code} of a directory`, async () => {
      const driver = tree([{ opcode: 'mkdir', error: code }])
      await assert.rejects(copyTree(), { code, syscall: 'mkdir', path: '/to' })
      await noneOpenIn(driver)
    })
  }
})
