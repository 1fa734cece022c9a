// ④ driver — simulated: what makes the events of an agenda happen in Node's loop, by the clock's mode; and what keeps the
// process alive while submissions are in flight, also those that hang.
import type { Agenda } from './clock.js'
import type { Simulation } from './simulation.js'

/** Events that happen in one turn of the loop, at most: a batch of completions, as rings deliver them. */
const BATCH_MAX = 8
const DELAY_MS_MAX = 0x7fffffff

export class Pump {
  readonly #simulation: Simulation
  readonly #agenda: Agenda
  readonly #afterTurn: () => void
  #immediate: NodeJS.Immediate | undefined = undefined
  #timeout: NodeJS.Timeout | undefined = undefined
  #anchor: NodeJS.Timeout | undefined = undefined
  /** Real milliseconds when virtual time was 0. */
  readonly #origin = performance.now()

  /** @param afterTurn runs when the completions of a turn have been reported */
  constructor(simulation: Simulation, agenda: Agenda, afterTurn: () => void) {
    this.#simulation = simulation
    this.#agenda = agenda
    this.#afterTurn = afterTurn
  }

  /** Sees to it that the next event happens. */
  arm(): void {
    const { next } = this.#agenda
    if (next === Infinity) return
    switch (this.#simulation.settings.clock) {
      case 'automatic':
        // An immediate without a reference does not keep the loop from sleeping; a timer without one wakes it.
        if (this.#anchor !== undefined) this.#immediate ??= setImmediate(this.#turn)
        else this.#timeout ??= setTimeout(this.#turn, 0).unref()
        return
      case 'real':
        clearTimeout(this.#timeout)
        this.#timeout = setTimeout(this.#turn, Math.min(DELAY_MS_MAX, Math.max(0, Math.ceil(next - this.#realTime())))).unref()
        return
      case 'manual':
    }
  }

  /** In `real` mode: moves virtual time on to the real one. */
  syncWithReality(): void {
    const { clock, settings } = this.#simulation
    if (settings.clock === 'real') clock.now = Math.max(clock.now, this.#realTime())
  }

  ref(keepAlive: boolean): void {
    clearInterval(this.#anchor)
    this.#anchor = keepAlive ? setInterval(() => undefined, DELAY_MS_MAX) : undefined
    this.#disarm()
    this.arm()
  }

  close(): void {
    clearInterval(this.#anchor)
    this.#anchor = undefined
    this.#disarm()
  }

  #disarm(): void {
    clearImmediate(this.#immediate)
    clearTimeout(this.#timeout)
    this.#immediate = undefined
    this.#timeout = undefined
  }

  readonly #turn = (): void => {
    this.#disarm()
    const { random, settings, clock } = this.#simulation
    try {
      if (settings.clock === 'automatic') {
        for (let left = random.integer(1, BATCH_MAX); left > 0 && this.#agenda.step(); left--);
      } else {
        this.syncWithReality()
        while (this.#agenda.next <= clock.now) this.#agenda.step()
      }
    } finally {
      this.#afterTurn()
    }
  }

  #realTime(): number {
    return performance.now() - this.#origin
  }
}

const NOBODY_WAKES = new Int32Array(new SharedArrayBuffer(4))

/** Blocks this thread. */
export function sleep(milliseconds: number): void {
  if (milliseconds > 0) Atomics.wait(NOBODY_WAKES, 0, 0, milliseconds)
}
