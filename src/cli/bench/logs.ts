// ① interface — fio's logs of a job: bandwidth, latencies, operations a second; one line each, or averages over a time.
import { createWriteStream, type WriteStream } from 'node:fs'
import type { Unit } from './backend.js'
import type { Job } from './job.js'

type Kind = 'bw' | 'slat' | 'clat' | 'lat' | 'iops'

class Log {
  readonly #stream: WriteStream
  readonly #average: number
  readonly #offset: boolean
  readonly #sums = [[0, 0], [0, 0], [0, 0]] as [number, number][]
  #from = 0
  #lines: string[] = []

  constructor(path: string, { logAverage, logOffset }: Job) {
    this.#stream = createWriteStream(path)
    this.#average = logAverage
    this.#offset = logOffset
  }

  /** Milliseconds, a value, direction, bytes, offset. */
  record(at: number, value: number, { direction, length, offset }: Unit): void {
    if (this.#average > 0) {
      const sums = this.#sums[direction] as [number, number]
      sums[0] += value
      sums[1]++
      if (at - this.#from >= this.#average) this.#flushAverages(at)
      return
    }
    this.#line(`${String(Math.floor(at))}, ${String(Math.floor(value))}, ${String(direction)}, ${String(length)}, ${this.#offset ? `${String(offset)}, 0` : '0'}\n`)
  }

  #flushAverages(at: number): void {
    this.#sums.forEach((sums, direction) => {
      if (sums[1] > 0) this.#line(`${String(Math.floor(at))}, ${String(Math.floor(sums[0] / sums[1]))}, ${String(direction)}, 0, 0\n`)
      sums[0] = sums[1] = 0
    })
    this.#from = at
  }

  #line(line: string): void {
    this.#lines.push(line)
    if (this.#lines.length >= 4096) this.#write()
  }

  #write(): void {
    this.#stream.write(this.#lines.join(''))
    this.#lines = []
  }

  end(at: number): Promise<void> {
    if (this.#average > 0) this.#flushAverages(at)
    this.#write()
    return new Promise((resolve, reject) => {
      this.#stream.on('error', reject)
      this.#stream.end(resolve)
    })
  }
}

export class Logs {
  readonly #logs = new Map<Kind, Log>()
  #at = 0

  /** Undefined: the job asks for none. */
  static of(job: Job): Logs | undefined {
    return job.bandwidthLog === undefined && job.latencyLog === undefined && job.iopsLog === undefined ? undefined : new Logs(job)
  }

  private constructor(job: Job) {
    const number = job.perJobLogs ? `.${String(job.index + 1)}` : ''
    const add = (prefix: string | undefined, kinds: readonly Kind[]): void => {
      if (prefix !== undefined) for (const kind of kinds) this.#logs.set(kind, new Log(`${prefix}_${kind}${number}.log`, job))
    }
    add(job.bandwidthLog, ['bw'])
    add(job.latencyLog, ['slat', 'clat', 'lat'])
    add(job.iopsLog, ['iops'])
  }

  /** Times in nanoseconds: since the job began, and of the operation. */
  ended(unit: Unit, since: number, lat: number, clat: number): void {
    const at = (this.#at = since / 1e6)
    this.#logs.get('bw')?.record(at, lat === 0 ? 0 : unit.result / 1024 / (lat / 1e9), unit)
    this.#logs.get('slat')?.record(at, lat - clat, unit)
    this.#logs.get('clat')?.record(at, clat, unit)
    this.#logs.get('lat')?.record(at, lat, unit)
    this.#logs.get('iops')?.record(at, 1, unit)
  }

  async end(): Promise<void> {
    for (const log of this.#logs.values()) await log.end(this.#at)
  }
}
