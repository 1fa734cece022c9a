// ① interface — the first figures of devices: each is asked once whether its result is right, and then they work on a sample in turn, so that what
// disturbs the machine disturbs all of them. The smallest of the rounds counts: whatever disturbs one makes it larger. The bound is processor time and
// not time that passes: a process that waits for its turn would measure a single round, of code that is not compiled yet.
import { setImmediate as loopTurn } from 'node:timers/promises'
import type { Device, Measured, Work } from './device.js'
import type { OperationKind } from './operation-kinds.js'

/** Of processor time, for each device. */
const MILLISECONDS_MAX = 50
const ROUNDS_MAX = 12
/** However long they take: the first runs code that is not compiled. */
const ROUNDS_MIN = 3
/** Beyond so many times of that only the least rounds are made: others want the processor as well. */
const ELAPSED_TIMES_MAX = 4
/** A round that is shorter says more of the clock. */
const ROUND_MILLISECONDS = 1
/** More than the caches of most processors hold: a device that is best within them need not be best beyond. */
const SAMPLE_BYTES_MAX = 32 * 1024 * 1024
const FIRST_BYTES_MAX = 65536
const ANSWER_MILLISECONDS_MAX = 2000
const PIECE_BYTES = 65536
/** Further rounds of a device that costs so many times what the best does would tell nothing new. */
const HOPELESS = 4

/** The device's result was wrong, which it has to be left for. */
export class WrongResult extends Error {
  readonly code = 'ERR_TRUEAIO_WRONG_RESULT'
}

/** What came of a device. */
export interface Calibrated {
  readonly device: Device
  /** Undefined: nothing was measured. */
  readonly measured: Measured | undefined
  /** WrongResult, or what the device has thrown. */
  readonly problem: unknown
}

/** Measures devices for one work, in turn. */
export async function calibrate(devices: readonly Device[], kind: OperationKind, work: Work, bytes: number): Promise<Calibrated[]> {
  const trials: Trial[] = []
  const problems = new Map<Device, unknown>()
  const samples = new Map<number, readonly Uint8Array[]>()
  for (const device of devices) {
    try {
      const size = await sampleBytes(device, kind, work, bytes)
      if (size === undefined) continue
      let buffers = samples.get(size)
      if (buffers === undefined) samples.set(size, (buffers = kind.sample?.(work, size) ?? []))
      trials.push(new Trial(device, work, buffers))
    } catch (error) {
      problems.set(device, error)
    }
  }
  await measure(trials, problems)
  return devices.map((device) => ({ device, measured: problems.has(device) ? undefined : trials.find((one) => one.device === device)?.measured, problem: problems.get(device) }))
}

/**
 * Whether its result is right; and the bytes of which some rounds fit into the time.
 * @throws WrongResult, and what the device throws
 */
async function sampleBytes(device: Device, kind: OperationKind, work: Work, bytes: number): Promise<number | undefined> {
  if (kind.sample === undefined) return undefined
  const first = kind.sample(work, Math.min(bytes, FIRST_BYTES_MAX))
  const result = await inTime(device, once(device, work, first))
  const wrong = await kind.check?.(work, result, first)
  if (wrong !== undefined) throw new WrongResult(`${device.name} gave a wrong result: ${wrong}`)
  let least = Infinity
  for (let round = 0; round < ROUNDS_MIN; round++) {
    const begin = performance.now()
    await inTime(device, once(device, work, kind.sample(work, Math.min(bytes, FIRST_BYTES_MAX))))
    least = Math.min(least, performance.now() - begin)
  }
  const perByte = least / Math.max(1, Math.min(bytes, FIRST_BYTES_MAX))
  // A power of two, so that devices that are nearly as fast work on the same sample.
  const fits = 2 ** Math.floor(Math.log2(MILLISECONDS_MAX / 4 / perByte))
  return Math.max(1, Math.min(bytes, SAMPLE_BYTES_MAX, Math.max(FIRST_BYTES_MAX, fits)))
}

async function measure(trials: readonly Trial[], problems: Map<Device, unknown>): Promise<void> {
  const end = performance.now() + MILLISECONDS_MAX * ELAPSED_TIMES_MAX * trials.length
  const best = (): number => Math.min(...trials.map(({ cpu }) => cpu))
  for (let round = 0; round < ROUNDS_MAX && (round < ROUNDS_MIN || performance.now() < end); round++) {
    for (const trial of trials) {
      if (problems.has(trial.device) || trial.spent >= MILLISECONDS_MAX || (round > 1 && trial.cpu > best() * HOPELESS)) continue
      await loopTurn()
      try {
        await trial.round()
      } catch (error) {
        problems.set(trial.device, error)
      }
    }
  }
}

/** One device at work. */
class Trial {
  readonly device: Device
  /** The least of all rounds: seconds for each byte. */
  cpu = Infinity
  #wall = Infinity
  /** Milliseconds of processor time so far. */
  spent = 0
  readonly #work: Work
  readonly #buffers: readonly Uint8Array[]
  readonly #size: number
  #works = 1

  constructor(device: Device, work: Work, buffers: readonly Uint8Array[]) {
    this.device = device
    this.#work = work
    this.#buffers = buffers
    this.#size = Math.max(1, buffers[0]?.length ?? 0)
  }

  get measured(): Measured {
    return { cpuSecondsPerByte: this.cpu, wallSecondsPerByte: this.#wall, samples: 1 }
  }

  async round(): Promise<void> {
    const before = process.cpuUsage()
    const begin = performance.now()
    for (let index = 0; index < this.#works; index++) {
      const returned = once(this.device, this.#work, this.#buffers)
      if (returned instanceof Promise) await inTime(this.device, returned)
    }
    const milliseconds = performance.now() - begin
    const { user, system } = process.cpuUsage(before)
    const moved = this.#size * this.#works
    // What this thread did is no more than what passed, and no more than what all threads of the process did.
    const used = Math.min(this.device.capabilities.where === 'calling thread' ? milliseconds : Infinity, (user + system) / 1e3)
    this.spent += used
    this.cpu = Math.min(this.cpu, used / 1e3 / moved)
    this.#wall = Math.min(this.#wall, milliseconds / 1e3 / moved)
    if (used < ROUND_MILLISECONDS) this.#works = Math.min(this.#works * Math.ceil((2 * ROUND_MILLISECONDS) / Math.max(used, 0.001)), 100_000)
  }
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
