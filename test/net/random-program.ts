// Programs for both ends of a connection, made from a seed: what each end does in which step, and what it does when it hears an event.

export type Action =
  | { readonly do: 'write', readonly bytes: number, readonly as: 'buffer' | 'utf8' | 'hex' }
  | { readonly do: 'end', readonly bytes: number }
  | { readonly do: 'destroy', readonly withError: boolean }
  | { readonly do: 'destroySoon' | 'reset' | 'pause' | 'resume' | 'cork' | 'uncork' | 'read' | 'unref' | 'options' }

/** Done once, inside a listener. */
export interface Reaction {
  readonly on: 'connect' | 'data' | 'end' | 'finish' | 'close' | 'error' | 'written'
  readonly act: Action
}

export interface End {
  readonly allowHalfOpen: boolean
  /** How it reads at first: by 'data', by 'readable', or not at all. */
  readonly reads: 'data' | 'readable' | 'not'
  readonly reactions: readonly Reaction[]
}

/** What the ends do, each in one turn; behind each everything comes to rest. */
export interface Step {
  readonly server: readonly Action[]
  readonly client: readonly Action[]
}

export interface Program {
  readonly seed: number
  readonly transport: 'IPv4' | 'IPv6' | 'Unix'
  readonly server: End
  readonly client: End
  /** What the client does before it is connected. */
  readonly early: readonly Action[]
  readonly steps: readonly Step[]
  /** Something is written that no kernel takes at once. */
  readonly hasLarge: boolean
}

/** Numbers from 0 to below 1, the same for the same seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** More than any kernel buffers, so that a write waits for its reader. */
const LARGE = 12 * 2 ** 20
/** So little that all of a program's is less than a stream holds for a reader: how bytes are cut does not matter then. */
const SMALL: readonly number[] = [0, 1, 5, 100, 700]

export function makeProgram(seed: number): Program {
  const random = randomOf(seed)
  const one = <Choice>(choices: readonly Choice[]): Choice => choices[Math.floor(random() * choices.length)] as Choice // never empty
  const some = <Thing>(most: number, make: () => Thing): Thing[] => Array.from({ length: Math.floor(random() * (most + 1)) }, make)
  const hasLarge = random() < 0.04

  const write = (): Action => ({ do: 'write', bytes: hasLarge && random() < 0.2 ? LARGE : one(SMALL), as: one(['buffer', 'buffer', 'utf8', 'hex'] as const) })
  /** @param isLone the other end reacts to nothing: what takes several turns is no race with that */
  const action = (isLone: boolean): Action => {
    const dice = random()
    if (dice < 0.4) return write()
    if (dice < 0.52) return { do: 'end', bytes: random() < 0.5 ? 0 : one(SMALL) }
    // What is on its way when a connection is destroyed hangs on the kernel, if it is much.
    if (hasLarge) return { do: one(['pause', 'resume', 'cork', 'uncork', 'unref', 'options'] as const) }
    if (dice < 0.6) return { do: 'destroy', withError: random() < 0.4 }
    if (isLone && dice < 0.64) return { do: 'destroySoon' }
    return { do: one(['reset', 'pause', 'pause', 'resume', 'resume', 'cork', 'uncork', 'read', 'unref', 'options'] as const) }
  }
  const reaction = (): Reaction => {
    const on = one(['connect', 'data', 'end', 'finish', 'close', 'error', 'written'] as const)
    const act = action(true)
    // How much has come until then hangs on how bytes were cut.
    return { on, act: on === 'data' && act.do === 'pause' ? { do: 'unref' } : act }
  }
  const end = (reacts: boolean): End => ({
    allowHalfOpen: random() < 0.4, reads: one(['data', 'data', 'data', 'readable', 'not'] as const), reactions: reacts ? some(2, reaction) : [],
  })

  const transport = one(['IPv4', 'IPv4', 'IPv6', 'Unix'] as const)
  const reactor = random() < 0.5 ? 'server' : 'client'
  const [server, client] = [end(reactor === 'server'), end(reactor === 'client')]
  const ofServer = (): Action => action(reactor === 'server')
  const ofClient = (): Action => action(reactor === 'client')
  const early = random() < 0.25 ? some(3, ofClient) : []
  const steps = Array.from({ length: 1 + Math.floor(random() * 5) }, () => ({ server: some(3, ofServer), client: some(3, ofClient) }))
  return { seed, transport, server, client, early, steps, hasLarge }
}
