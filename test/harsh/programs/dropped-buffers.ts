// Lends buffers that nobody else holds to reads of silent pipes, collects garbage, and only then writes the pipes.
// Prints what it saw as JSON. Needs --expose-gc.
import { setImmediate as turn } from 'node:timers/promises'
import { closeSync, writeSync } from 'node:fs'
import { defaultProactor, read } from 'trueaio'
import { makePipe, type Pipe } from '../system-calls.js'

const COUNT = 200
const BYTES = 16384
const collect = (globalThis as { gc?: () => void }).gc
if (collect === undefined) throw new Error('run with --expose-gc')

const io = defaultProactor()
const pipes: Pipe[] = []
const buffers: WeakRef<Uint8Array>[] = []
let intact = 0

function lend(index: number): Promise<void> {
  const pipe = makePipe()
  pipes.push(pipe)
  const buffer = new Uint8Array(BYTES)
  const weak = new WeakRef(buffer)
  buffers.push(weak)
  return io.submit(read(pipe.readEnd, buffer)).then((bytes) => {
    // Only the engine has kept it until here.
    const back = weak.deref()
    if (bytes === BYTES && back?.every((byte) => byte === (index & 0xff)) === true) intact++
  })
}

async function collectAll(): Promise<number> {
  for (let round = 0; round < 4; round++) {
    await turn() // a WeakRef holds its target until the turn ends
    collect?.()
    // What a freed buffer's memory would be given to.
    for (let index = 0; index < 50; index++) new Uint8Array(BYTES).fill(0xee)
  }
  return buffers.filter((buffer) => buffer.deref() !== undefined).length
}

const reads: Promise<void>[] = []
for (let index = 0; index < COUNT; index++) reads.push(lend(index))
const aliveInFlight = await collectAll()
pipes.forEach((pipe, index) => writeSync(pipe.writeEnd, new Uint8Array(BYTES).fill(index & 0xff)))
await Promise.all(reads)
await turn()
// The driver remembers the last buffer of each slot, until it has been idle for a while.
let aliveAfterwards = COUNT
for (const end = performance.now() + 5000; aliveAfterwards > 0 && performance.now() < end;) {
  await new Promise((resolve) => setTimeout(resolve, 20))
  aliveAfterwards = await collectAll()
}
for (const { readEnd, writeEnd } of pipes) {
  closeSync(readEnd)
  closeSync(writeEnd)
}
console.log(JSON.stringify({ count: COUNT, intact, aliveInFlight, aliveAfterwards }))
