// ① interface — the order of the devices for one work: by what a byte costs, measured if it was, published if not.
import type { Device, Measured, PassedOver, Work } from './device.js'
import type { Failures } from './failures.js'
import type { Figures } from './figures.js'
import { whyNot } from './suitable.js'

/** A device as the registry keeps it. */
export interface Registered {
  readonly device: Device
  readonly figures: Figures
  readonly failures: Failures
}

/** A device that can do the work now. */
export interface Candidate {
  readonly registered: Registered
  /** Seconds for each byte; undefined: nobody knows. */
  readonly cost: number | undefined
  readonly measured: Measured | undefined
  /** 'measured', 'measured for another size', 'published', 'not known'. */
  readonly source: string
}

export interface Ranked {
  /** The cheapest first; those of unknown cost last, in the order in which they were registered. */
  readonly candidates: readonly Candidate[]
  readonly passedOver: readonly PassedOver[]
}

/** @param work its name among the measurements */
export function rank(all: readonly Registered[], wanted: Work, work: string, sizeClass: number): Ranked {
  const candidates: Candidate[] = []
  const passedOver: PassedOver[] = []
  for (const registered of all) {
    const reason = whyNot(registered.device, wanted) ?? registered.failures.whyNot(work)
    if (reason === undefined) candidates.push(candidate(registered, wanted, work, sizeClass))
    else passedOver.push({ name: registered.device.name, whyNot: reason })
  }
  candidates.sort((a, b) => orderOf(a) - orderOf(b))
  return { candidates, passedOver }
}

function orderOf({ cost }: Candidate): number {
  return cost ?? Number.MAX_VALUE
}

function publishedOf({ capabilities: { bytesPerCpuSecond } }: Device, { from = 'memory', to = 'memory' }: Work): number | undefined {
  return typeof bytesPerCpuSecond === 'object' ? bytesPerCpuSecond[`${from} → ${to}`] : bytesPerCpuSecond
}

function candidate(registered: Registered, wanted: Work, work: string, sizeClass: number): Candidate {
  const { device, figures } = registered
  const exact = figures.get(work, sizeClass)
  const measured = exact ?? figures.nearest(work, sizeClass)
  if (measured !== undefined) {
    const cost = wanted.prefer === 'wall' ? measured.wallSecondsPerByte : measured.cpuSecondsPerByte
    return { registered, cost, measured, source: exact === undefined ? 'measured for another size' : 'measured' }
  }
  const published = publishedOf(device, wanted)
  if (published === undefined) return { registered, cost: undefined, measured, source: 'not known' }
  return { registered, cost: 1 / published, measured, source: 'published' }
}

/** A cost as people read it. */
export function shownCost({ cost, source }: Candidate, { prefer }: Work): string {
  if (cost === undefined) return 'not measured yet'
  const megabytes = 1e-6 / cost
  const rate = megabytes >= 100 ? megabytes.toFixed(0) : megabytes.toPrecision(3)
  return `${rate} MB for each second ${prefer === 'wall' ? 'that passes' : 'of processor time'}, ${source}`
}
