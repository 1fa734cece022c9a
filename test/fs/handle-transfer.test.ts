// A FileHandle on its way to another thread, beside Node's own.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import fs from 'node:fs'
import node, { type FileHandle } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { MessageChannel, Worker, type Transferable } from 'node:worker_threads'
import ours from 'trueaio/fs/promises'

let root: string
let file: string
before(() => {
  root = fs.mkdtempSync(join(tmpdir(), 'trueaio-transfer-'))
  file = join(root, 'file')
  fs.writeFileSync(file, 'content')
})
after(() => fs.rmSync(root, { recursive: true }))

async function withPorts<Result>(use: (ports: MessageChannel) => Promise<Result> | Result): Promise<Result> {
  const ports = new MessageChannel()
  try {
    return await use(ports)
  } finally {
    ports.port1.close()
    ports.port2.close()
  }
}

const transferable = (handle: FileHandle): Transferable => handle

for (const [name, { open }] of [['trueaio', ours], ['Node', node]] as const) {
  describe(`a FileHandle of ${name}`, () => {
    test('arrives as a handle of the same descriptor, and is gone where it was', async () => {
      await withPorts(async ({ port1, port2 }) => {
        const handle = await open(file)
        const { fd } = handle
        const message = once(port2, 'message')
        port1.postMessage({ handle }, [transferable(handle)])
        assert.equal(handle.fd, -1)
        await assert.rejects(async () => handle.read(Buffer.alloc(1)), { code: 'EBADF' })
        const [{ handle: arrived }] = await message as [{ handle: FileHandle }]
        assert.equal(arrived.fd, fd)
        assert.equal(await arrived.readFile('utf8'), 'content')
        await arrived.close()
        assert.throws(() => fs.fstatSync(fd), { code: 'EBADF' })
      })
    })

    test('is in use while its close has not ended', async () => {
      await withPorts(async ({ port1 }) => {
        const handle = await open(file)
        const closed = handle.close()
        assert.throws(() => port1.postMessage(handle, [transferable(handle)]), { name: 'DataCloneError', message: 'Cannot transfer FileHandle while in use' })
        await closed
      })
    })

    test('is read and closed by a worker', async () => {
      const handle = await open(file)
      const { fd } = handle
      const worker = new Worker(`
        const { workerData, parentPort } = require('node:worker_threads')
        workerData.handle.readFile('utf8').then(async (text) => {
          await workerData.handle.close()
          parentPort.postMessage(text)
        })
      `, { eval: true, workerData: { handle }, transferList: [transferable(handle)] })
      const exit = once(worker, 'exit')
      assert.deepEqual(await once(worker, 'message'), ['content'])
      assert.throws(() => fs.fstatSync(fd), { code: 'EBADF' })
      await exit
    })

    test('is refused while a read is under way, and stays good', async () => {
      await withPorts(async ({ port1 }) => {
        const handle = await open(file)
        const reading = handle.read(Buffer.alloc(7), 0, 7, 0)
        assert.throws(() => port1.postMessage(handle, [transferable(handle)]), { name: 'DataCloneError' })
        assert.equal((await reading).bytesRead, 7)
        assert.equal(await handle.readFile('utf8'), 'content')
        await handle.close()
        assert.equal(handle.fd, -1)
      })
    })

    test('is refused when it is closed or closing', async () => {
      await withPorts(async ({ port1 }) => {
        const handle = await open(file)
        const closing = handle.close()
        assert.throws(() => port1.postMessage(handle, [transferable(handle)]), { name: 'DataCloneError' })
        await closing
        assert.throws(() => port1.postMessage(handle, [transferable(handle)]), { name: 'DataCloneError' })
      })
    })

    test('is refused outside the list of what is transferred', async () => {
      await withPorts(async ({ port1 }) => {
        const handle = await open(file)
        assert.throws(() => port1.postMessage(handle))
        assert.equal(await handle.readFile('utf8'), 'content')
        await handle.close()
      })
    })

    test('stays good when the message is not sent for another reason', async () => {
      await withPorts(async ({ port1 }) => {
        const handle = await open(file)
        const { fd } = handle
        assert.throws(() => port1.postMessage({ handle, refused: () => undefined }, [transferable(handle)]), { name: 'DataCloneError' })
        assert.equal(await handle.readFile('utf8'), 'content')
        await handle.close()
        assert.throws(() => fs.fstatSync(fd), { code: 'EBADF' })
      })
    })
  })
}

test('of a closed one Node\'s own sentence is told', async () => {
  const sentences: unknown[] = []
  for (const module of [ours, node]) {
    const handle: FileHandle = await module.open(file)
    await handle.close()
    const { port1 } = new MessageChannel()
    try {
      port1.postMessage(handle, [transferable(handle)])
    } catch (error) {
      sentences.push((error as Error).message)
    } finally {
      port1.close()
    }
  }
  assert.equal(sentences.length, 2)
  assert.equal(sentences[0], sentences[1])
})
