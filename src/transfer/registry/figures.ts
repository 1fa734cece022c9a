// ① interface — what was measured: processor time and passed time for each byte, by device, kind of work and class of size, as
// running averages.
import type { Measured } from './device.js'

/** Upper bounds of the classes: each is four times the one before. What is larger is in the last class, as if it had no bound. */
const CLASS_BYTES: readonly number[] = Array.from({ length: 9 }, (_, index) => 1024 * 4 ** index)

/** The weight of a new sample. */
const NEWEST = 0.2
/** A sample counts at most this many times the average. */
const OUTLIER = 4

/** What a sample told last. */
interface Sample {
  readonly cpu: number
  readonly wall: number
}

/** The class of a size. */
export function classOf(bytes: number): number {
  const found = CLASS_BYTES.findIndex((most) => bytes <= most)
  return found < 0 ? CLASS_BYTES.length : found
}

/** The most bytes of a class; Infinity for the last. */
function bytesAtMost(sizeClass: number): number {
  return CLASS_BYTES[sizeClass] ?? Infinity
}

/** Figures of one device. */
export class Figures {
  readonly #byWork = new Map<string, (Measured | undefined)[]>()
  readonly #last = new Map<string, Sample>()

  get(work: string, sizeClass: number): Measured | undefined {
    return this.#byWork.get(work)?.[sizeClass]
  }

  /** The figures of the class that is nearest; the larger one of two. */
  nearest(work: string, sizeClass: number): Measured | undefined {
    const all = this.#byWork.get(work)
    if (all === undefined) return undefined
    for (let distance = 0; distance <= CLASS_BYTES.length; distance++) {
      const found = all[sizeClass + distance] ?? all[sizeClass - distance]
      if (found !== undefined) return found
    }
    return undefined
  }

  /** A calibration's figures, in place of what there was. */
  set(work: string, sizeClass: number, measured: Measured): void {
    const all = this.#byWork.get(work) ?? []
    all[sizeClass] = measured
    this.#byWork.set(work, all)
  }

  /**
   * One more sample. Of it and the one before the smaller counts: a single one that was disturbed (its thread had to wait for the processor) changes
   * nothing, and what has become dearer is known from the second on.
   */
  add(work: string, sizeClass: number, cpuSecondsPerByte: number, wallSecondsPerByte: number): void {
    const before = this.get(work, sizeClass)
    const key = `${String(sizeClass)} ${work}`
    const last = this.#last.get(key)
    this.#last.set(key, { cpu: cpuSecondsPerByte, wall: wallSecondsPerByte })
    this.set(work, sizeClass, before === undefined ? { cpuSecondsPerByte, wallSecondsPerByte, samples: 1 } : {
      cpuSecondsPerByte: averaged(before.cpuSecondsPerByte, Math.min(cpuSecondsPerByte, last?.cpu ?? before.cpuSecondsPerByte)),
      wallSecondsPerByte: averaged(before.wallSecondsPerByte, Math.min(wallSecondsPerByte, last?.wall ?? before.wallSecondsPerByte)),
      samples: before.samples + 1,
    })
  }

  rows(): (Measured & { readonly work: string; readonly bytesAtMost: number })[] {
    return [...this.#byWork].flatMap(([work, all]) => all.flatMap((measured, sizeClass) => (measured === undefined ? [] : [{ work, bytesAtMost: bytesAtMost(sizeClass), ...measured }])))
  }
}

function averaged(average: number, sample: number): number {
  return average + NEWEST * (Math.min(sample, OUTLIER * average) - average)
}
