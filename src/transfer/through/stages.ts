// ① interface — the stages of one transfer, each on the device that the registry has chosen for it: a piece goes through all of them in one pass,
// while it is in its slab.
import { located, transferProblem } from '../errors.js'
import type { Through, ThroughTrip } from '../pieces/flow.js'
import { operations, type Choice, type Stage, type Work } from '../registry/index.js'
import { transforms, type StageWork } from './stage-works.js'

const MILLISECONDS = 1000

/** One stage, as verify looks at it. */
export interface BegunStage {
  readonly work: Work
  readonly choice: Choice
  readonly name: string
}

/** One stage, begun. */
class Begun implements BegunStage {
  readonly work: Work
  readonly choice: Choice
  readonly stage: Stage
  readonly name: string
  bytes = 0
  milliseconds = 0

  constructor(work: Work, choice: Choice, stage: Stage, name: string) {
    this.work = work
    this.choice = choice
    this.stage = stage
    this.name = name
  }
}

export interface BeginOptions {
  /** Bytes that will come; undefined: not known. */
  readonly size: number | undefined
  readonly pieceBytes: number
  /** Gets the digests. */
  readonly digests: Record<string, Buffer>
  /** Gets a line for each stage, and why others were not chosen. */
  readonly explain: (line: string) => void
}

/** Begins all stages. @throws ERR_TRUEAIO_NO_DEVICE, ERR_TRUEAIO_NO_OPTION, ERR_INVALID_ARG_* */
export async function beginStages(wanted: readonly StageWork[], options: BeginOptions): Promise<Stages | undefined> {
  if (wanted.length === 0) return undefined
  const begun: Begun[] = []
  try {
    for (const one of wanted) begun.push(await begin(one, options))
  } catch (error) {
    for (const { stage } of begun) stage.close()
    throw error
  }
  return new Stages(begun, options.digests)
}

async function begin({ operation, options, name = operation, prefer }: StageWork, { size, pieceBytes, explain }: BeginOptions): Promise<Begun> {
  const work: Work = { operation, options, size, prefer, stream: true, piece: pieceBytes }
  let choice: Choice | undefined = await operations.select(work)
  for (;;) {
    try {
      const stage = await choice.device.start?.(work)
      if (stage === undefined) throw transferProblem('ERR_TRUEAIO_NO_DEVICE', `${choice.device.name} takes no pieces`)
      explain(`through ${operation} ${name}: ${choice.reason}`)
      for (const { name: other, whyNot } of choice.others) explain(`  not ${other}: ${whyNot}`)
      return new Begun(work, choice, stage, name)
    } catch (error) {
      const next: Choice | undefined = operations.failed(choice.device, work, error)
      if (next === undefined || next.device === choice.device) throw located(error, { end: 'transfer', step: `begin ${operation} ${name}`, device: choice.device.name })
      choice = next
    }
  }
}

export class Stages implements Through {
  readonly name: string
  readonly devices: string
  readonly transforms: boolean
  readonly #stages: readonly Begun[]
  readonly #digests: Record<string, Buffer>

  constructor(stages: readonly Begun[], digests: Record<string, Buffer>) {
    this.#stages = stages
    this.#digests = digests
    this.name = stages.map(({ name }) => name).join(' and ')
    this.devices = stages.map(({ choice }) => choice.device.name).join(' and ')
    this.transforms = stages.some(({ work }) => transforms(work))
  }

  trip(): ThroughTrip | undefined {
    const [begun] = this.#stages
    const digest = this.#stages.length === 1 ? begun?.stage.trip?.() : undefined
    if (begun === undefined || digest === undefined) return undefined
    return {
      handle: digest.handle,
      end: (bytes) => {
        try {
          this.#digests[begun.name] = digest.end()
        } catch (error) {
          begun.bytes = bytes
          this.#failed(begun, error)
        }
      },
    }
  }

  get begun(): readonly BegunStage[] {
    return this.#stages
  }

  update(piece: Uint8Array): readonly Uint8Array[] | undefined | Promise<readonly Uint8Array[] | undefined> {
    return this.#from(0, piece)
  }

  /** From one stage on: undefined: what comes out is what went in. */
  #from(index: number, piece: Uint8Array): readonly Uint8Array[] | undefined | Promise<readonly Uint8Array[] | undefined> {
    for (let at = index; at < this.#stages.length; at++) {
      const begun = this.#stages[at] as Begun // below length
      const start = performance.now()
      const outputs = this.#update(begun, piece)
      if (outputs instanceof Promise) return outputs.then((given) => this.#behind(at, piece, given, index))
      // What is done at once is done by this thread: what passed is what it cost, but for what disturbed it.
      begun.milliseconds += performance.now() - start
      if (outputs !== undefined) return this.#all(at + 1, outputs)
    }
    return undefined
  }

  async #behind(at: number, piece: Uint8Array, outputs: readonly Uint8Array[] | undefined, first: number): Promise<readonly Uint8Array[] | undefined> {
    if (outputs !== undefined) return this.#all(at + 1, outputs)
    return at + 1 < this.#stages.length ? this.#from(at + 1, piece) : first === 0 ? undefined : [piece]
  }

  async #all(index: number, pieces: readonly Uint8Array[]): Promise<readonly Uint8Array[]> {
    if (index >= this.#stages.length) return pieces
    const outputs: Uint8Array[] = []
    for (const piece of pieces) outputs.push(...await this.#from(index, piece) ?? [piece])
    return outputs
  }

  #update(begun: Begun, piece: Uint8Array): readonly Uint8Array[] | undefined | Promise<readonly Uint8Array[] | undefined> {
    begun.bytes += piece.length
    try {
      const outputs = begun.stage.update(piece)
      if (!(outputs instanceof Promise)) return outputs as readonly Uint8Array[] | undefined
      return outputs.then((given) => given as readonly Uint8Array[] | undefined, (error: unknown) => this.#failed(begun, error))
    } catch (error) {
      return this.#failed(begun, error)
    }
  }

  /** In the middle of a stream no other device can go on; the next transfer takes another one. */
  #failed({ choice, work, name, bytes }: Begun, error: unknown): never {
    operations.failed(choice.device, work, error)
    throw located(error, { end: 'transfer', step: name, offset: bytes, device: choice.device.name })
  }

  async end(): Promise<readonly Uint8Array[]> {
    let outputs: readonly Uint8Array[] = []
    for (const [index, begun] of this.#stages.entries()) {
      const passed = index === 0 ? [] : await this.#through(begun, outputs)
      try {
        const { output = [], digest } = await begun.stage.end()
        if (digest !== undefined) this.#digests[begun.name] = digest
        outputs = [...passed, ...output]
      } catch (error) {
        this.#failed(begun, error)
      }
      const { choice: { device }, work, bytes, milliseconds } = begun
      const seconds = milliseconds / MILLISECONDS
      if (device.capabilities.where === 'calling thread') operations.learn(device, work, bytes, seconds, seconds)
    }
    return outputs
  }

  /** What the stages before have given at their end, through one more. */
  async #through(begun: Begun, pieces: readonly Uint8Array[]): Promise<Uint8Array[]> {
    const outputs: Uint8Array[] = []
    for (const piece of pieces) outputs.push(...await this.#update(begun, piece) ?? [piece])
    return outputs
  }

  close(): void {
    for (const { stage } of this.#stages) stage.close()
  }
}
