// Polls: cases 35 to 38 of liburing's tests (those of overflow stand in test/harsh/tiny-ring.test.ts).
import assert from 'node:assert/strict'
import { closeSync, readSync, writeSync } from 'node:fs'
import test from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { poll, PollEvent, Proactor, read } from 'trueaio'
import { withoutRing } from '../../harsh/ring-here.js'
import { makePipe } from '../../harsh/system-calls.js'

const skip = withoutRing

test('case 35: a one-shot poll gives the events that are true, once', { skip }, async () => {
  await using io = new Proactor({ driver: 'io-uring' })
  const { readEnd, writeEnd } = makePipe()
  assert.equal(await io.submit(poll(writeEnd, PollEvent.POLLIN | PollEvent.POLLOUT)), PollEvent.POLLOUT)
  const end = io.submit(poll(readEnd, PollEvent.POLLIN))
  writeSync(writeEnd, 'x')
  assert.equal(await end, PollEvent.POLLIN)
  closeSync(writeEnd)
  assert.equal(await io.submit(poll(readEnd, PollEvent.POLLIN)), PollEvent.POLLIN | PollEvent.POLLHUP)
  closeSync(readEnd)
})

test('case 35: a multishot poll tells each time, until its reader leaves', { skip }, async () => {
  await using io = new Proactor({ driver: 'io-uring' })
  const { readEnd, writeEnd } = makePipe()
  let told = 0
  const write = (): void => void writeSync(writeEnd, 'x')
  setImmediate(write)
  for await (const events of io.iterate(poll(readEnd, PollEvent.POLLIN, { multishot: true }))) {
    assert.equal(events, PollEvent.POLLIN)
    readSync(readEnd, Buffer.alloc(10))
    if (++told === 100) break
    setImmediate(write)
  }
  assert.equal(told, 100)
  // The poll is gone: what is written now wakes nobody, and nothing is left in flight.
  write()
  while (io.statistics.inFlight > 0) await turn()
  closeSync(readEnd)
  closeSync(writeEnd)
})

test('case 36: two pollers and a reader of one descriptor are all woken', { skip }, async () => {
  await using io = new Proactor({ driver: 'io-uring' })
  await using other = new Proactor({ driver: 'io-uring' })
  const { readEnd, writeEnd } = makePipe()
  const polls = [io.submit(poll(readEnd, PollEvent.POLLIN)), io.submit(poll(readEnd, PollEvent.POLLIN)), other.submit(poll(readEnd, PollEvent.POLLIN))]
  await turn()
  writeSync(writeEnd, 'x')
  assert.deepEqual(await Promise.all(polls), [PollEvent.POLLIN, PollEvent.POLLIN, PollEvent.POLLIN])
  assert.equal(await io.submit(read(readEnd, Buffer.alloc(10))), 1)
  closeSync(readEnd)
  closeSync(writeEnd)
})

test('case 36: what became ready between two polls is told by the second', { skip }, async () => {
  await using io = new Proactor({ driver: 'io-uring' })
  const { readEnd, writeEnd } = makePipe()
  for (let round = 0; round < 50; round++) {
    writeSync(writeEnd, 'x')
    assert.equal(await io.submit(poll(readEnd, PollEvent.POLLIN)), PollEvent.POLLIN)
    readSync(readEnd, Buffer.alloc(1))
  }
  closeSync(readEnd)
  closeSync(writeEnd)
})
