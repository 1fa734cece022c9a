// trueaio/net on the simulated network: by seed, with short transfers, resets, and datagrams that are lost or overtake each other. A failure names
// its seed; TRUEAIO_SEED repeats it.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Proactor, timer } from 'trueaio'
import { connect, datagram, listen, type Connection, type Server } from 'trueaio/net'
import { simulated, type SimulatedOptions } from 'trueaio/simulated'

const FIRST = Number(process.env['TRUEAIO_SEED'] ?? Date.now() % 2 ** 31)
const SEEDS = Array.from({ length: process.env['TRUEAIO_SEED'] === undefined ? 25 : 1 }, (_, index) => FIRST + index)
const ENDS = new Set(['ECONNRESET', 'EPIPE'])

/** What a connection that was reset answers: of a shutdown also that there is none any more, as Linux has it. */
function isOfReset(error: unknown): boolean {
  const { code = '', syscall } = error as NodeJS.ErrnoException
  return ENDS.has(code) || (code === 'ENOTCONN' && syscall === 'shutdown')
}

/** Runs it once a seed, on a network of its own; nothing may be left in flight. */
function onSeeds(what: string, options: SimulatedOptions, body: (proactor: Proactor, seed: number) => Promise<void>): void {
  test(`${what}, seeds from ${String(FIRST)}`, async () => {
    for (const seed of SEEDS) {
      const proactor = new Proactor({ driver: simulated({ seed, ...options }) })
      try {
        await body(proactor, seed)
        assert.equal(proactor.statistics.inFlight, 0)
      } catch (error) {
        throw new Error(`seed ${String(seed)}`, { cause: error })
      }
      await proactor.close()
    }
  })
}

/** Bytes that tell where they belong. */
function content(id: number, length: number): Buffer {
  return Buffer.from(Array.from({ length }, (_, index) => (id * 31 + index * 7 + (index >> 8)) & 0xff))
}

async function received(connection: Connection): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const piece of connection.pieces()) {
    parts.push(Buffer.from(piece.bytes))
    piece.release()
  }
  return Buffer.concat(parts)
}

function portOf({ address }: Server): number {
  assert.notEqual(address.family, 'Unix')
  return (address as { readonly port: number }).port
}

/** Sends back all that comes, and then ends. */
async function echo(connection: Connection): Promise<void> {
  for await (const piece of connection.pieces()) {
    await connection.send(piece.bytes)
    piece.release()
  }
  await connection.shutdown()
}

async function serving(server: Server, failed: (error: unknown) => void): Promise<void> {
  const all: Promise<void>[] = []
  for await (const peer of server) all.push(echo(peer).catch(failed).finally(() => peer.close()))
  await Promise.all(all)
}

describe('trueaio/net on a simulated network', () => {
  onSeeds('what is sent comes back whole and in order, however short each transfer is', { shortRate: 0.4 }, async (proactor, seed) => {
    const server = await listen('127.0.0.1:0', { proactor })
    const failures: unknown[] = []
    const served = serving(server, (error) => failures.push(error))
    await Promise.all(Array.from({ length: 6 }, async (_, id) => {
      const client = await connect({ host: '127.0.0.1', port: portOf(server) }, { proactor })
      const sent = content(seed + id, 1 + ((seed * 7919 + id * 104729) % 60_000))
      const back = received(client)
      // Several sends of one piece of JavaScript go together, a vectored one among them.
      const cut = sent.length >> 1
      await Promise.all([client.send(sent.subarray(0, cut)), client.send([sent.subarray(cut, cut), sent.subarray(cut)])])
      await client.shutdown()
      assert.ok((await back).equals(sent))
      assert.deepEqual([client.bytesSent, client.bytesReceived], [sent.length, sent.length])
      await client.close()
    }))
    await server.close()
    await served
    assert.deepEqual(failures, [])
  })

  onSeeds('a reset ends one connection with its error, never with wrong bytes, and the server goes on', { shortRate: 0.2, resetRate: 0.03 }, async (proactor, seed) => {
    const server = await listen('127.0.0.1:0', { proactor })
    const served = serving(server, (error) => assert.ok(isOfReset(error), String(error)))
    await Promise.all(Array.from({ length: 8 }, async (_, id) => {
      const sent = content(seed + id, 20_000)
      const parts: Buffer[] = []
      let client: Connection | undefined
      try {
        client = await connect({ host: '127.0.0.1', port: portOf(server) }, { proactor })
        const sending = client.send(sent).then(() => client?.shutdown())
        sending.catch(() => undefined) // looked at below
        for await (const piece of client.pieces()) {
          parts.push(Buffer.from(piece.bytes))
          piece.release()
        }
        await sending
      } catch (error) {
        assert.ok(isOfReset(error), String(error))
      }
      const back = Buffer.concat(parts)
      assert.ok(back.equals(sent.subarray(0, back.length)), 'what came is the beginning of what was sent')
      await client?.close()
    }))
    await server.close()
    await served
  })

  onSeeds('datagrams are lost and overtake each other, and none comes twice or changed', { datagramLossRate: 0.2, datagramReorderRate: 0.3 }, async (proactor) => {
    const [near, far] = [await datagram('127.0.0.1:0', { proactor }), await datagram('127.0.0.1:0', { proactor })]
    const count = 60
    const got: number[] = []
    const taking = (async () => {
      for await (const message of near) {
        assert.deepEqual(message.address, far.address)
        const id = message.bytes.readUInt16LE(0)
        assert.ok(message.bytes.subarray(2).equals(content(id, id)))
        got.push(id)
        message.release()
      }
    })()
    for (let id = 0; id < count; id++) {
      const head = Buffer.alloc(2)
      head.writeUInt16LE(id)
      assert.equal(await far.send([head, content(id, id)], near.address), id + 2)
    }
    // Virtual time: what was not lost has come when a later wait of the network's is over.
    await proactor.submit(timer(60_000))
    await near.close()
    await taking
    await far.close()
    assert.equal(new Set(got).size, got.length)
    assert.ok(got.length > 0 && got.length <= count)
  })
})
