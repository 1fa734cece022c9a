// A cancelled chain whose member cannot be stopped: told at once, but held until the member has ended.
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { chain, nop, open, Proactor, read } from 'trueaio'
import { simulated } from 'trueaio/simulated'

for (const chains of [true, false]) {
  it(`keeps its bytes and its places counted, and close() waiting (${chains ? 'linked' : 'one by one'})`, async () => {
    const driver = simulated({ seed: 1, clock: 'manual', delay: [0, 0], inlineRate: 0, chains, cancelTooLateRate: 0, cancelUnstoppableRate: 1, faults: [{ opcode: 'read', delay: 100 }] })
    driver.files.write('/f', 'content')
    const io = new Proactor({ driver })
    const opening = io.submit(open('/f'))
    await turn()
    driver.advance(1)
    const fd = await opening
    const controller = new AbortController()
    const running = io.submit(chain(read(fd, Buffer.alloc(7), 0), nop()), { signal: controller.signal })
    await turn()
    driver.advance(1)
    controller.abort()
    await turn()
    driver.advance(1)
    await assert.rejects(running, { name: 'AbortError' })
    const { inFlight, abandoned, bytesLent } = io.statistics
    assert.deepEqual({ inFlight, abandoned, bytesLent }, { inFlight: 2, abandoned: 2, bytesLent: 7 })

    let closed = false
    const closing = io.close().then(() => (closed = true))
    await turn()
    assert.equal(closed, false)
    for (let step = 0; step < 3; step++) {
      driver.advance(100)
      await turn()
    }
    await closing
    assert.equal(driver.inFlight, 0)
    assert.deepEqual([io.statistics.abandoned, io.statistics.bytesLent], [0, 0])
  })
}
