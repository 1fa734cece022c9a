// ① interface — a device's first figures: it works on a sample for at most 50 ms, is asked once whether its result is right, and lets the
// loop turn between two rounds. The smallest of the rounds counts: whatever disturbs one makes it larger.
import { setImmediate as loopTurn } from 'node:timers/promises'
import type { Device, Measured, Work } from './device.js'
import type { OperationKind } from './operation-kinds.js'

const MILLISECONDS_MAX = 50
const ROUNDS_MAX = 8
/** A round that is shorter says more of the clock. */
const ROUND_MILLISECONDS = 1
/** A sample larger than the processor's caches says what larger ones would. */
const SAMPLE_BYTES_MAX = 4 * 1024 * 1024
const FIRST_BYTES_MAX = 65536
const ANSWER_MILLISECONDS_MAX = 2000
const PIECE_BYTES = 65536

/** The device's result was wrong, which it has to be left for. */
export class WrongResult extends Error {
  readonly code = 'ERR_TRUEAIO_WRONG_RESULT'
}

/** @throws WrongResult, and what the device throws */
export async function calibrate(device: Device, kind: OperationKind, work: Work, bytes: number): Promise<Measured | undefined> {
  if (kind.sample === undefined) return undefined
  const first = kind.sample(work, Math.min(bytes, FIRST_BYTES_MAX))
  const result = await inTime(device, once(device, work, first))
  const wrong = await kind.check?.(work, result, first)
  if (wrong !== undefined) throw new WrongResult(`${device.name} gave a wrong result: ${wrong}`)
  const begin = performance.now()
  await inTime(device, once(device, work, kind.sample(work, Math.min(bytes, FIRST_BYTES_MAX))))
  const perByte = (performance.now() - begin) / Math.max(1, Math.min(bytes, FIRST_BYTES_MAX))
  // So large that three rounds fit into the time.
  const size = Math.max(1, Math.min(bytes, SAMPLE_BYTES_MAX, Math.max(FIRST_BYTES_MAX, Math.floor(MILLISECONDS_MAX / 4 / perByte))))
  return measure(device, work, kind.sample(work, size))
}

async function measure(device: Device, work: Work, buffers: readonly Uint8Array[]): Promise<Measured> {
  const size = Math.max(1, buffers[0]?.length ?? 0)
  const end = performance.now() + MILLISECONDS_MAX
  let least: Omit<Measured, 'samples'> = { cpuSecondsPerByte: Infinity, wallSecondsPerByte: Infinity }
  let works = 1
  for (let round = 0; round < ROUNDS_MAX && (round === 0 || performance.now() < end); round++) {
    await loopTurn()
    const cpu = process.cpuUsage()
    const begin = performance.now()
    for (let index = 0; index < works; index++) {
      const returned = once(device, work, buffers)
      if (returned instanceof Promise) await inTime(device, returned)
    }
    const milliseconds = performance.now() - begin
    const { user, system } = process.cpuUsage(cpu)
    const moved = size * works
    least = {
      // What this thread did is no more than what passed, and no more than what all threads of the process did.
      cpuSecondsPerByte: Math.min(least.cpuSecondsPerByte, Math.min(device.capabilities.where === 'calling thread' ? milliseconds / 1e3 : Infinity, (user + system) / 1e6) / moved),
      wallSecondsPerByte: Math.min(least.wallSecondsPerByte, milliseconds / 1e3 / moved),
    }
    if (milliseconds < ROUND_MILLISECONDS) works = Math.min(works * Math.ceil((2 * ROUND_MILLISECONDS) / Math.max(milliseconds, 0.001)), 100_000)
  }
  return { ...least, samples: 1 }
}

/** One work, whole or in pieces. */
function once(device: Device, work: Work, buffers: readonly Uint8Array[]): unknown {
  if (work.stream !== true && device.run !== undefined) return device.run(work, ...buffers)
  return wholeByPieces(device, work, buffers)
}

/** A whole buffer, the first, by a device that takes pieces: its digest, or all its output. */
export async function wholeByPieces(device: Device, work: Work, [bytes = new Uint8Array(0)]: readonly Uint8Array[]): Promise<unknown> {
  const stage = await device.start?.(work)
  if (stage === undefined) throw new Error(`${device.name} started no work`)
  try {
    const outputs: Uint8Array[] = []
    const { piece = PIECE_BYTES } = work
    for (let at = 0; at < bytes.length; at += piece) {
      const given = stage.update(bytes.subarray(at, at + piece))
      outputs.push(...(given instanceof Promise ? await given : given) ?? [])
    }
    const { output = [], digest } = await stage.end()
    return digest ?? Buffer.concat([...outputs, ...output])
  } finally {
    stage.close()
  }
}

async function inTime(device: Device, answer: unknown): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined
  try {
    return await Promise.race([answer, new Promise((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`${device.name} gave no answer within ${String(ANSWER_MILLISECONDS_MAX)} ms`)), ANSWER_MILLISECONDS_MAX)
    })])
  } finally {
    clearTimeout(timer)
  }
}
