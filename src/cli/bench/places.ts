// ① interface — where in a job's files its next operation goes, and how long it is.
import { Direction, type BlockSizes, type Job } from './job.js'
import { RandomMap } from './random-map.js'
import { drawer, Random } from './random.js'

/** A file as a job uses it. */
export interface UsedFile {
  readonly path: string
  /** Where the job's part of it begins, and how long that is. */
  readonly start: number
  readonly length: number
}

/** Blocks that a map can hold: 128 MiB of bits. */
const MAP_BLOCKS_MAX = 2 ** 30

class Place {
  readonly file: UsedFile
  readonly #job: Job
  readonly #block: number
  readonly #count: number
  readonly #map: RandomMap | undefined
  readonly #draw: () => number
  readonly #next = new Float64Array(3)
  #left = 0
  #last = 0

  constructor(file: UsedFile, job: Job, random: Random) {
    this.file = file
    this.#job = job
    const used = job.blocks.filter((_, direction) => (direction === Direction.READ ? job.reads : direction === Direction.WRITE && job.writes))
    this.#block = Math.min(...(used.length === 0 ? job.blocks : used).map(({ least }) => least))
    this.#count = Math.floor(file.length / this.#block)
    const evenly = job.distribution.kind === 'random'
    this.#map = job.isRandom && job.randomMap && evenly && this.#count <= MAP_BLOCKS_MAX && this.#count > 0 ? new RandomMap(this.#count) : undefined
    this.#draw = drawer(job.distribution, Math.max(1, this.#count), random)
    this.#random = random
  }

  readonly #random: Random
  /** Where the operation goes, as `take` has found it. */
  offset = 0

  /** Finds a place; gives its length, 0 where this pass over the file is complete. */
  take(direction: Direction, wanted: number): number {
    const { file } = this
    if (this.#count === 0) return 0
    if (!this.#job.isRandom) return this.#sequential(direction, wanted)
    if (this.#job.randomShare < 1 && this.#random.share() >= this.#job.randomShare) return this.#sequential(direction, wanted)
    if (this.#left > 0 && this.#job.modifier > 1) {
      this.#left--
      if (this.#job.sequencer === 'sequential') this.#last += wanted
      if (this.#last + wanted <= file.length && this.#map === undefined) {
        this.offset = file.start + this.#last
        return wanted
      }
    } else this.#left = this.#job.modifier - 1
    if (this.#map === undefined) {
      const align = this.#job.blockAlign[direction]
      const at = align > 0 ? Math.floor((this.#draw() * this.#block) / align) * align : this.#draw() * this.#block
      this.#last = at + wanted > file.length ? Math.max(0, Math.floor((file.length - wanted) / this.#block) * this.#block) : at
      this.offset = file.start + this.#last
      this.#next[direction] = this.#last + wanted
      return Math.min(wanted, file.length - this.#last)
    }
    if (this.#map.free === 0) return 0
    // After an operation that continues where the last one ended, the map is searched from there.
    const index = this.#map.find(this.#left < this.#job.modifier - 1 && this.#left > 0 ? Math.min(this.#count - 1, Math.floor(this.#last / this.#block)) : this.#draw())
    const blocks = this.#map.take(index, Math.max(1, Math.floor(wanted / this.#block)))
    this.#last = index * this.#block
    this.offset = file.start + this.#last
    this.#next[direction] = this.#last + blocks * this.#block
    return Math.min(wanted, blocks * this.#block)
  }

  #sequential(direction: Direction, wanted: number): number {
    const at = this.#next[direction] as number
    const left = this.file.length - at
    if (left < this.#block) return 0
    const length = Math.min(wanted, left)
    this.offset = this.file.start + at
    this.#next[direction] = at + length + (this.#job.isRandom ? 0 : this.#job.modifier)
    return length
  }

  /** Begins the next pass. */
  rewind(): void {
    this.#next.fill(0)
    this.#map?.reset()
  }
}

/** One operation to be made. */
export interface Wanted {
  direction: Direction
  /** Index among the job's files. */
  file: number
  offset: number
  length: number
}

export class Places {
  readonly #job: Job
  readonly #places: readonly Place[]
  readonly #random: Random
  #turn = 0
  #complete = 0

  constructor(job: Job, files: readonly UsedFile[]) {
    this.#job = job
    this.#random = new Random(job.seed + job.clone * 7919 + job.index)
    this.#places = files.map((file) => new Place(file, job, this.#random))
  }

  direction(): Direction {
    const { reads, writes, readShare } = this.#job
    if (reads && writes) return this.#random.next() / 2 ** 32 < readShare ? Direction.READ : Direction.WRITE
    return writes ? Direction.WRITE : Direction.READ
  }

  #length({ least, most, split }: BlockSizes): number {
    if (least === most) return least
    if (split.length > 0) {
      const share = this.#random.share()
      return (split.find(([, upTo]) => share < upTo) ?? split[split.length - 1])?.[0] ?? least
    }
    return least + this.#random.below(Math.floor((most - least) / least) + 1) * least
  }

  /** Fills in the next operation. False: this pass is complete. */
  next(wanted: Wanted, direction: Direction): boolean {
    const { length } = this.#places
    const size = this.#length(this.#job.blocks[direction])
    for (let tries = 0; tries < length; tries++) {
      const index = this.#choose()
      const place = this.#places[index] as Place
      const taken = place.take(direction, size)
      if (taken > 0) {
        wanted.direction = direction
        wanted.file = index
        wanted.offset = place.offset
        wanted.length = taken
        return true
      }
      if (this.#job.service === 'sequential') this.#complete++
    }
    return this.#any(wanted, direction, size)
  }

  /** Where the turn has missed what is left: whichever file has room. */
  #any(wanted: Wanted, direction: Direction, size: number): boolean {
    for (const [index, place] of this.#places.entries()) {
      const taken = place.take(direction, size)
      if (taken === 0) continue
      Object.assign(wanted, { direction, file: index, offset: place.offset, length: taken })
      return true
    }
    return false
  }

  #choose(): number {
    const { length } = this.#places
    if (length === 1) return 0
    if (this.#job.service === 'random') return this.#random.below(length)
    if (this.#job.service === 'sequential') return Math.min(this.#complete, length - 1)
    return this.#turn++ % length
  }

  rewind(): void {
    this.#complete = 0
    for (const place of this.#places) place.rewind()
  }
}
