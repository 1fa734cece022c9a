// Sockets that are dropped without a close: closed when they are collected, with a warning, and never while somebody uses them.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { setImmediate as loopTurn } from 'node:timers/promises'
import { after, test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { connect, datagram, listen, type Connection } from 'trueaio/net'
import type { Proactor } from 'trueaio'
import { DRIVERS } from './subjects.js'

setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc') as () => void

/** Collects until it is so; a minute at most. */
async function collectedUntil(isSo: () => boolean): Promise<void> {
  const end = Date.now() + 60_000
  while (!isSo()) {
    assert.ok(Date.now() < end, 'it was not collected')
    gc()
    await loopTurn()
  }
}

function warningsOf(what: string): string[] {
  const told: string[] = []
  const note = ({ message }: Error): void => {
    if (message.includes(what)) told.push(message)
  }
  process.on('warning', note)
  after(() => process.off('warning', note))
  return told
}

for (const [name, make] of DRIVERS) onDriver(name, make)

function onDriver(name: string, make: () => Proactor): void {
  test(`${name}: a connection that nobody can reach is closed, and its peer reads the end`, async () => {
    await using proactor = make()
    const told = warningsOf('a connection (descriptor')
    const server = await listen('127.0.0.1:0', { proactor })
    const address = server.address as { readonly port: number }
    const [peer] = await Promise.all([server.accept(), connect({ port: address.port }, { proactor }).then(() => undefined)])
    assert.ok(peer !== undefined)
    let hasEnded = false
    const ended = peer.receive().then((piece) => {
      assert.equal(piece, undefined)
      hasEnded = true
    })
    await collectedUntil(() => hasEnded)
    await ended
    assert.equal(told.length, 1)
    await peer.close()
    await server.close()
  })

  test(`${name}: a connection whose pieces, stream or sends somebody uses stays open`, async () => {
    await using proactor = make()
    const told = warningsOf('on garbage collection')
    const server = await listen('127.0.0.1:0', { proactor })
    const { port } = server.address as { readonly port: number }
    const pair = async (): Promise<readonly [Connection, Connection]> => {
      const [near, far] = await Promise.all([server.accept(), connect({ port }, { proactor })])
      return [near as Connection, far]
    }
    const take = async (near: Connection): Promise<() => Promise<string>> => {
      const pieces = near.pieces({ copy: true })
      await loopTurn()
      return async () => String((await pieces.next()).value?.bytes)
    }
    const [one, client] = await pair()
    const next = await take(one)
    // Its reader has the iterator alone; the stream's holder the stream alone.
    const holder: { next: () => Promise<string>, near: Connection | undefined } = { next, near: undefined }
    const [two, other] = await pair()
    const stream = two.duplex()
    const reading = once(stream, 'data')
    for (let round = 0; round < 20; round++) {
      gc()
      await loopTurn()
    }
    await client.send('for the iterator')
    await other.send('for the stream')
    assert.equal(await holder.next(), 'for the iterator')
    assert.equal(String((await reading)[0]), 'for the stream')
    assert.deepEqual(told, [])
    stream.destroy()
    await Promise.all([one.close(), client.close(), other.close(), server.close()])
  })

  test(`${name}: a server and a datagram socket as well; one that was closed is not told of`, async () => {
    await using proactor = make()
    const told = warningsOf('a socket that listens or takes datagrams')
    const makeAll = async (): Promise<void> => {
      await listen('127.0.0.1:0', { proactor })
      await datagram('127.0.0.1:0', { proactor })
      const closed = await listen('127.0.0.1:0', { proactor })
      await closed.close()
    }
    await makeAll()
    await collectedUntil(() => told.length >= 2)
    for (let round = 0; round < 10; round++) {
      gc()
      await loopTurn()
    }
    assert.equal(told.length, 2)
  })
}
