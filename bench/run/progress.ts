// Benchmark — what is being measured now: one live line on a terminal, a plain line for each suite elsewhere.
import { createLogUpdate } from 'log-update'
import pc from 'picocolors'
import type { Case, Suite } from '../suite.js'

const BAR_WIDTH = 24

export interface Progress {
  begin(measurements: number): void
  note(text: string): void
  suite(suite: Suite): void
  warmingUp(suite: Suite, case_: Case, contender: string): void
  measuring(suite: Suite, case_: Case, contender: string, round: number, rounds: number): void
  end(): void
}

/** Redrawn only between measurements, never by a timer: drawing would disturb what is measured. */
class LiveProgress implements Progress {
  readonly #draw = createLogUpdate(process.stdout)
  readonly #start = performance.now()
  #total = 0
  #done = 0

  begin(measurements: number): void {
    this.#total = measurements
  }

  note(text: string): void {
    this.#draw(pc.dim(text))
  }

  suite(): void { /* warmingUp() or measuring() follows at once */ }

  warmingUp(suite: Suite, case_: Case, contender: string): void {
    this.#line(suite, `${case_.name} · warming up`, contender)
  }

  measuring(suite: Suite, case_: Case, contender: string, round: number, rounds: number): void {
    this.#line(suite, `${case_.name} · round ${String(round)}/${String(rounds)}`, contender)
    this.#done++
  }

  #line(suite: Suite, step: string, contender: string): void {
    const filled = Math.round((this.#done / Math.max(1, this.#total)) * BAR_WIDTH)
    const bar = pc.cyan('█'.repeat(filled)) + pc.dim('░'.repeat(BAR_WIDTH - filled))
    const seconds = ((performance.now() - this.#start) / 1000).toFixed(0)
    this.#draw(`${bar} ${pc.bold(suite.name)} ${pc.dim(`${step} · ${seconds} s`)}  ${contender}`)
  }

  end(): void {
    this.#draw.clear()
    this.#draw.done() // gives the cursor back
  }
}

class PlainProgress implements Progress {
  begin(measurements: number): void {
    console.log(`${String(measurements)} measurements`)
  }

  note(text: string): void {
    console.log(text)
  }

  suite(suite: Suite): void {
    console.log(`measuring ${suite.name} …`)
  }

  warmingUp(): void { /* see measuring() */ }
  measuring(): void { /* a line for each suite is enough */ }
  end(): void { /* nothing to clear */ }
}

export function makeProgress(): Progress {
  return process.stdout.isTTY ? new LiveProgress() : new PlainProgress()
}
