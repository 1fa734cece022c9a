// Races of an abort, or a deadline, with what it ends: whoever wins, no byte and no message is lost, and nothing stays in flight. 2,000 each;
// `TRUEAIO_RACES=100000 node scripts/run-tests.mjs net/races` is the long run.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Proactor } from 'trueaio'
import { datagram, type Connection } from 'trueaio/net'
import { DRIVERS, pair } from './subjects.js'

const RACES = Number(process.env['TRUEAIO_RACES'] ?? 2000)

/** Ends in one of several steps: at once, in a microtask, in the next tick or turn of the loop. */
function abortSoon(stop: AbortController, race: number): void {
  const abort = (): void => stop.abort()
  switch (race % 5) {
    case 0: abort(); break
    case 1: queueMicrotask(abort); break
    case 2: process.nextTick(abort); break
    default: setImmediate(race % 5 === 3 ? abort : () => setImmediate(abort))
  }
}

function isEnd(error: unknown): boolean {
  return (error as Error).name === 'AbortError' || (error as NodeJS.ErrnoException).code === 'ETIMEDOUT'
}

async function takeAll(far: Connection, bytes: number): Promise<string> {
  let text = ''
  while (text.length < bytes) {
    const piece = await far.receive({ timeout: 30_000 })
    if (piece === undefined) break
    text += piece.bytes.toString('latin1')
    piece.release()
  }
  return text
}

function onDriver(name: string, make: () => Proactor): void {
  describe(`${String(RACES)} races on ${name}`, () => {
    test('of receives: each byte comes once, in order, to whoever reads', async () => {
      await using proactor = make()
      const [near, far] = await pair({ proactor })
      let expected = ''
      let got = ''
      let ended = 0
      for (let race = 0; race < RACES; race++) {
        const stop = new AbortController()
        const byte = String.fromCharCode(33 + (race % 90))
        const receiving = race % 7 === 0 ? far.receive({ timeout: 1 }) : far.receive({ signal: stop.signal })
        const settled = receiving.then((piece) => {
          got += piece?.bytes.toString('latin1') ?? ''
          piece?.release()
        }, (error: unknown) => {
          assert.ok(isEnd(error), String(error))
          ended++
        })
        if (race % 7 !== 0) abortSoon(stop, race)
        expected += byte
        await near.send(byte)
        await settled
      }
      assert.equal(got + await takeAll(far, expected.length - got.length), expected)
      assert.ok(ended > 0)
      await Promise.all([near.close(), far.close()])
      assert.equal(proactor.statistics.inFlight, 0)
    })

    test('of sends in line: what is told as sent is there, what is told as ended is not', async () => {
      await using proactor = make()
      const [near, far] = await pair({ proactor })
      let sent = ''
      const reading = (async () => {
        let text = ''
        for await (const piece of far.pieces()) {
          text += piece.bytes.toString('latin1')
          piece.release()
        }
        return text
      })()
      for (let race = 0; race < RACES; race++) {
        const stop = new AbortController()
        const text = `${String(race)};`
        const sending = near.send(text, { signal: stop.signal }).then(() => text, (error: unknown) => {
          assert.ok(isEnd(error), String(error))
          return ''
        })
        abortSoon(stop, race)
        sent += await sending
      }
      await near.shutdown()
      assert.equal(await reading, sent)
      await Promise.all([near.close(), far.close()])
      assert.equal(proactor.statistics.inFlight, 0)
    })

    test('of waits for datagrams: each message goes to one taker', async () => {
      await using proactor = make()
      const [near, far] = [await datagram('127.0.0.1:0', { proactor }), await datagram('127.0.0.1:0', { proactor })]
      const got: string[] = []
      for (let race = 0; race < RACES; race++) {
        const stop = new AbortController()
        const settled = near.receive({ signal: stop.signal }).then((message) => {
          got.push(String(message?.bytes))
          message?.release()
        }, (error: unknown) => assert.ok(isEnd(error), String(error)))
        abortSoon(stop, race)
        await far.send(String(race), near.address)
        await settled
        // One that was left over stays for the next; the kernel's buffer is never so full that it loses one.
        while (got.length < race - 20) got.push(String((await near.receive({ timeout: 30_000 }))?.bytes))
      }
      while (got.length < RACES) got.push(String((await near.receive({ timeout: 30_000 }))?.bytes))
      assert.deepEqual(got, Array.from({ length: RACES }, (_, race) => String(race)))
      await Promise.all([near.close(), far.close()])
      assert.equal(proactor.statistics.inFlight, 0)
    })
  })
}

for (const [name, make] of DRIVERS) onDriver(name, make)
