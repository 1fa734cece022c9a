// Sends of a connection without a copy: in order with others, their memory lent until they settle, and the end of one that is given up.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { AbortError, type Proactor } from 'trueaio'
import type { Connection } from 'trueaio/net'
import { DRIVERS, pair } from './subjects.js'

const zeroCopy = true
/** More than both ends' kernels hold. */
const LARGE_BYTES = 24_000_016

async function bytesOf(connection: Connection): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const piece of connection.pieces({ copy: true })) parts.push(piece.bytes)
  return Buffer.concat(parts)
}

for (const [name, make] of DRIVERS) {
  describe(`sends without a copy on ${name}`, () => {
    let proactor: Proactor
    before(() => {
      proactor = make()
    })
    after(() => proactor.close())

    test('in order with copied ones, and the memory is the sender’s once the promise has settled', async () => {
      const [near, far] = await pair({ proactor })
      const receiving = bytesOf(far)
      const expected: Buffer[] = []
      const data = Buffer.alloc(1_500_001)
      for (let round = 0; round < 3; round++) {
        data.fill(`round ${String(round)}, `)
        expected.push(Buffer.from('head'), Buffer.from(data), Buffer.from('middle'), Buffer.from('small'), Buffer.from('tail'))
        const head = near.send('head')
        const large = near.send(data, { zeroCopy }).then(() => void data.fill(0))
        const others = [near.send('middle'), near.send(Buffer.from('small'), { zeroCopy }), near.send('tail')]
        await Promise.all([head, large, ...others])
      }
      await near.shutdown()
      assert.ok((await receiving).equals(Buffer.concat(expected)))
      assert.equal(near.bytesSent, Buffer.concat(expected).length)
      await Promise.all([near.close(), far.close()])
      assert.equal(proactor.statistics.inFlight, 0)
    })

    test('one that is aborted on the wire ends the sending side; what the peer gets is a part of it and nothing else', async () => {
      const [near, far] = await pair({ proactor })
      const stop = new AbortController()
      const data = Buffer.alloc(LARGE_BYTES, 'abcdefgh')
      const sending = near.send(data, { zeroCopy, signal: stop.signal })
      const behind = near.send('never', {})
      behind.catch(() => undefined)
      const first = await far.receive({ copy: true })
      stop.abort()
      await assert.rejects(sending, AbortError)
      await assert.rejects(behind, AbortError)
      await assert.rejects(near.send('nor this'), AbortError)
      const closing = near.close()
      const rest = await bytesOf(far).catch(() => Buffer.alloc(0)) // a reset is an end as well
      assert.ok((first?.bytes.length ?? 0) + rest.length < data.length || name === 'io-uring')
      assert.ok(!rest.includes('never'))
      await Promise.all([closing, far.close()])
      for (let looks = 0; looks < 500 && proactor.statistics.inFlight > 0; looks++) await pause(10)
      assert.equal(proactor.statistics.inFlight, 0)
    })

    test('text and lists are refused at once', async () => {
      const [near, far] = await pair({ proactor })
      assert.throws(() => near.send('text', { zeroCopy }), { code: 'ERR_INVALID_ARG_TYPE' })
      assert.throws(() => near.send([Buffer.alloc(1)], { zeroCopy }), { code: 'ERR_INVALID_ARG_TYPE' })
      await Promise.all([near.close(), far.close()])
    })
  })
}
