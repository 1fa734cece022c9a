// ① interface — which of the ranked devices is taken. The one that was taken before stays until another is cheaper by a margin; a
// hundredth of what the work costs is spent on trying the others, so that their figures stay true.
import type { Work } from './device.js'
import type { Candidate } from './rank.js'

/** Another must be cheaper by this part to take the place: figures that are nearly the same must not make it go to and fro. */
const MARGIN = 0.04
/** The part of the cost that trying others may take. */
const TRYING = 0.01
/** Between two trials there are at least this many works. */
const WORKS_BETWEEN_TRIALS = 16
/** What is saved up for trials is at most the cost of this many works. */
const SAVED_WORKS_MAX = 4

export interface Preferred {
  readonly candidate: Candidate
  readonly why: 'cheapest' | 'stays' | 'only' | 'tried'
}

/** What the choices of one kind of work and size have in common. */
export class Preference {
  #present: string | undefined = undefined
  /** Seconds that may be spent on trials. */
  #saved = 0
  #sinceTrial = 0

  /** @param candidates in order of cost, at least one */
  take(candidates: readonly Candidate[], work: Work, bytes: number): Preferred {
    const preferred = this.look(candidates)
    const tried = this.#trial(candidates, preferred.candidate, bytes)
    if (tried !== undefined && work.stream !== true && work.trials !== false) return { candidate: tried, why: 'tried' }
    this.#present = preferred.candidate.registered.device.name
    return preferred
  }

  /** The same without trials, and without consequences. */
  look(candidates: readonly Candidate[]): Preferred {
    const [first] = candidates as readonly [Candidate]
    if (candidates.length === 1) return { candidate: first, why: 'only' }
    const present = candidates.find(({ registered }) => registered.device.name === this.#present)
    const stays = present !== undefined && present !== first && present.cost !== undefined && first.cost !== undefined && first.cost > present.cost * (1 - MARGIN)
    return stays ? { candidate: present, why: 'stays' } : { candidate: first, why: 'cheapest' }
  }

  #trial(candidates: readonly Candidate[], preferred: Candidate, bytes: number): Candidate | undefined {
    const base = preferred.cost
    if (base === undefined || candidates.length < 2) return undefined
    this.#sinceTrial++
    this.#saved = Math.min(this.#saved + TRYING * base * bytes, SAVED_WORKS_MAX * base * bytes)
    if (this.#sinceTrial < WORKS_BETWEEN_TRIALS) return undefined
    // Of unknown cost: taken to be twice as dear.
    const extra = (one: Candidate): number => Math.max(0, (one.cost ?? 2 * base) - base) * bytes
    const samples = (one: Candidate): number => one.measured?.samples ?? 0
    const [next] = candidates.filter((one) => one !== preferred && extra(one) <= this.#saved).sort((a, b) => samples(a) - samples(b))
    if (next === undefined) return undefined
    this.#saved -= extra(next)
    this.#sinceTrial = 0
    return next
  }
}
