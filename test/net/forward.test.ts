// A proxy of forwardTo: both directions, their ends, slow readers, and what happens to the pipes.
import assert from 'node:assert/strict'
import { createHash, randomFillSync } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import type { Proactor } from 'trueaio'
import { connect, listen, type Connection } from 'trueaio/net'
import { holdings } from '../harsh/open-descriptors.js'
import { DRIVERS, pair, portOf, textOf } from './subjects.js'

for (const [name, make] of DRIVERS) {
  describe(`forwarding on ${name}`, () => {
    let proactor: Proactor
    before(() => {
      proactor = make()
    })
    after(() => proactor.close())

    /** A client's end and a server's end, with a proxy between. */
    async function proxied(): Promise<{ readonly client: Connection, readonly server: Connection, readonly done: Promise<PromiseSettledResult<number>[]> }> {
      const [client, near] = await pair({ proactor })
      const [far, server] = await pair({ proactor })
      const done = Promise.allSettled([near.forwardTo(far), far.forwardTo(near)]).then(async (results) => {
        await Promise.all([near.close(), far.close()])
        return results
      })
      return { client, server, done }
    }

    test('a question and an answer, and both ends', async () => {
      const { client, server, done } = await proxied()
      await client.send('question')
      await client.shutdown()
      assert.equal(await textOf(server), 'question')
      await server.send('answer')
      await server.close()
      assert.equal(await textOf(client), 'answer')
      await client.close()
      assert.deepEqual((await done).map((one) => one.status === 'fulfilled' && one.value), [8, 6])
    })

    test('32 MiB arrive as they were sent, to a reader that is slow at first', async () => {
      const { client, server, done } = await proxied()
      const data = randomFillSync(Buffer.alloc(2 ** 20))
      const sent = createHash('sha1')
      const sending = (async () => {
        for (let index = 0; index < 32; index++) {
          data.writeUInt32LE(index)
          sent.update(data)
          await client.send(data)
        }
        await client.shutdown()
      })()
      await new Promise((resolve) => setTimeout(resolve, 100))
      const received = createHash('sha1')
      for await (const piece of server.pieces()) {
        received.update(piece.bytes)
        piece.release()
      }
      await sending
      assert.equal(received.digest('hex'), sent.digest('hex'))
      await server.close()
      await client.close()
      assert.deepEqual((await done).map((one) => one.status === 'fulfilled' && one.value), [32 * 2 ** 20, 0])
    })

    test('what was received and not read before goes first', async () => {
      const [client, near] = await pair({ proactor })
      const [far, server] = await pair({ proactor })
      const left = near.pieces()
      const waiting = left.next()
      await client.send('early ')
      await left.return()
      const early = await waiting
      if (early.done !== true) early.value.release() // it was faster than the leaving
      const forwarding = near.forwardTo(far)
      await client.send('late')
      await client.shutdown()
      assert.equal(await textOf(server), early.done === true ? 'early late' : 'late')
      await forwarding
      await Promise.all([client, near, far, server].map((connection) => connection.close()))
    })

    test('a reset on one side ends both directions; no pipe is lost', async () => {
      const open = async (): Promise<void> => {
        const { client, server, done } = await proxied()
        await client.send(Buffer.alloc(2 ** 20))
        await server.reset()
        await client.close()
        await done
      }
      for (let round = 0; round < 5; round++) await open()
      const before = await holdings()
      for (let round = 0; round < 10; round++) await open()
      const { descriptors } = await holdings()
      assert.ok(descriptors <= before.descriptors + 8, `${String(before.descriptors)} → ${String(descriptors)}`)
    })

    test('more directions at once than there are pipes: the rest is copied', async () => {
      const proxies = await Promise.all(Array.from({ length: 60 }, () => proxied()))
      await Promise.all(proxies.map(async ({ client, server }) => {
        const sending = client.send(Buffer.alloc(300_000, 'p')).then(() => client.shutdown())
        assert.equal((await textOf(server)).length, 300_000)
        await sending
        await Promise.all([server.close(), client.close()])
      }))
      await Promise.all(proxies.map(({ done }) => done))
    })

    test('a wait for bytes has its deadline', async () => {
      const server = await listen('127.0.0.1:0', { proactor })
      const accepted = server.accept()
      const near = await connect({ host: '127.0.0.1', port: portOf(server) }, { proactor })
      const far = await accepted as Connection
      await assert.rejects(near.forwardTo(far, { timeout: 30 }), { code: 'ETIMEDOUT' })
      await Promise.all([near.close(), far.close(), server.close()])
    })
  })
}
