// Benchmark suite — whether the registry's choice is the best there is: for each operation and size all devices are measured in turn, and what
// `operations.select` has chosen is compared with the cheapest of them.
import { operations, type Device, type Work } from 'trueaio/transfer'
import type { Context, Suite, Workload } from '../../suite.js'

const LARGE_BYTES = 64 * 2 ** 20
const SIZES: readonly number[] = [4096, 65_536, 2 ** 20, LARGE_BYTES]
const ROUNDS = 4
const ROUNDS_MORE = 24
/** Of the best device: what is chosen is to cost no more than so many times as much. */
const CLOSE = 1.05
/** What takes longer for all of its bytes at once is left out: it would take minutes. */
const SECONDS_MAX = 0.2
/** A measurement that is shorter says more of the clock. */
const MILLISECONDS_MIN = 2
const WORKS_MAX = 100_000
/** Another round of a device that cost so many times what the best did would tell nothing new. */
const HOPELESS = 4

const WORKS: readonly Work[] = [
  { operation: 'copy' }, { operation: 'fill' }, { operation: 'compare' }, { operation: 'xor' },
  { operation: 'checksum', options: { algorithm: 'crc32' } }, { operation: 'checksum', options: { algorithm: 'crc32c' } },
  { operation: 'hash', options: { algorithm: 'sha256' } }, { operation: 'hash', options: { algorithm: 'md5' } },
  { operation: 'compress', options: { format: 'gzip', level: 1 } },
]

/** One device under one kind of work. */
class Trial {
  readonly name: string
  /** Seconds of processor time for each byte: what disturbs a round makes it larger, so that the least counts. */
  least = Infinity
  readonly #device: Device
  readonly #work: Work
  readonly #buffers: readonly Uint8Array[]
  readonly #bytes: number
  #works = 1

  constructor(device: Device, work: Work, buffers: readonly Uint8Array[], bytes: number) {
    this.name = device.name
    this.#device = device
    this.#work = work
    this.#bytes = bytes
    this.#buffers = buffers
  }

  async round(): Promise<void> {
    for (;;) {
      const cpu = process.cpuUsage()
      const begin = performance.now()
      for (let index = 0; index < this.#works; index++) await this.#device.run?.(this.#work, ...this.#buffers)
      const milliseconds = performance.now() - begin
      const { user, system } = process.cpuUsage(cpu)
      // What the calling thread does, the clock bounds, too; what others do, only the process's time tells.
      const seconds = Math.min(this.#device.capabilities.where === 'calling thread' ? milliseconds / 1e3 : Infinity, (user + system) / 1e6)
      if (milliseconds >= MILLISECONDS_MIN || this.#works === WORKS_MAX) {
        this.least = Math.min(this.least, seconds / this.#works / this.#bytes)
        return
      }
      this.#works = Math.min(WORKS_MAX, Math.ceil(this.#works * 2 * MILLISECONDS_MIN / Math.max(milliseconds, 0.01)))
    }
  }
}

function canDo(device: Device, work: Work): boolean {
  if (device.run === undefined || Object.entries(device.capabilities.options ?? {}).some(([name, values]) => !values.includes(work.options?.[name]))) return false
  return device.can === undefined || device.can(work) === true
}

/** How many times the cost of the cheapest device that of the chosen one is; undefined: it takes too long. */
async function over(work: Work, bytes: number): Promise<number | undefined> {
  const wanted = { ...work, size: bytes }
  const { device: { name }, measured } = await operations.select(wanted)
  if ((measured?.cpuSecondsPerByte ?? 0) * bytes > SECONDS_MAX) return undefined
  const buffers = operations.kind(work.operation)?.sample?.(work, bytes) ?? []
  const trials = operations.devices(work.operation).filter((device) => canDo(device, wanted)).map((device) => new Trial(device, wanted, buffers, bytes))
  const best = (): number => Math.min(...trials.map(({ least }) => least))
  for (let round = 0; round < ROUNDS; round++) {
    for (const trial of trials) if (trial.least === Infinity || trial.least <= best() * HOPELESS) await trial.round()
  }
  const chosen = trials.find((trial) => trial.name === name)
  const ratio = (): number => (chosen?.least ?? NaN) / best()
  // What looks dear is measured longer before it is believed: on a busy machine the least of a few rounds is not the least there is.
  for (let round = 0; round < ROUNDS_MORE && ratio() > CLOSE; round++) {
    for (const trial of trials) if (trial === chosen || trial.least <= best() * CLOSE) await trial.round()
  }
  return ratio()
}

function choiceOfDevices({ files }: Context): Workload {
  let all: readonly number[] = []
  return {
    async run(budget) {
      const found: (number | undefined)[] = []
      // On little data, which only shows that it works, one size.
      const sizes = files.blocksBytes < LARGE_BYTES ? SIZES.slice(0, 1) : SIZES
      for (const work of WORKS) for (const bytes of sizes) found.push(await over(work, bytes))
      all = found.filter((ratio) => ratio !== undefined).sort((a, b) => a - b)
      budget.add(all.length)
    },
    figures: () => ({
      medianTimesTheBest: all[all.length >> 1] ?? NaN, greatestTimesTheBest: all.at(-1) ?? NaN,
      partWithin5Percent: all.filter((ratio) => ratio <= CLOSE).length / Math.max(1, all.length),
    }),
    close() { /* nothing is held */ },
  }
}

export const transferChoice: Suite = {
  name: 'transfer-choice',
  title: 'Transfers: the cost of the device that was chosen, over that of the cheapest',
  unit: 'choices',
  cases: [{ name: 'all operations and sizes', work: 'choice', inFlight: 1, bytes: 0, quick: true }],
  contenders: [{ kind: 'process', name: 'operations.select', quick: true, make: choiceOfDevices }],
  reference: 'operations.select',
  once: true,
  byDefault: false,
}
