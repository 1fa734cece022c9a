// Runs a random program on one twin, and notes what each end has heard, in order, and how it stands after each step.
import net from 'node:net'
import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises'
import type { Action, End, Program } from './random-program.js'
import type { Twin } from './twins.js'

/** How long nothing must happen until everything has come to rest. */
export interface Patience {
  readonly turns: number
  readonly milliseconds: number
}

export interface Seen {
  /** What its reading side has heard. */
  readonly reading: readonly string[]
  /** What its writing side has heard. */
  readonly writing: readonly string[]
  /** How it stood after each step. */
  readonly states: readonly string[]
  /** What it has read, as far as that does not hang on how bytes were cut. */
  readonly content: string
}

export interface Observation {
  readonly server: Seen | undefined
  readonly client: Seen
}

/** One end under observation. */
class Observed {
  readonly socket: net.Socket
  readonly #end: End
  readonly reading: string[] = []
  readonly writing: string[] = []
  readonly states: string[] = []
  readonly #parts: Buffer[] = []
  /** Counts everything that happens. */
  heard = 0
  #writes = 0
  isClosed = false
  readonly connectedOrClosed: Promise<void>
  /** How much it has sent and received hangs on what the kernel takes, or on how bytes were cut. */
  #isVague: boolean

  constructor(socket: net.Socket, end: End, hasLarge: boolean) {
    this.socket = socket
    this.#isVague = hasLarge
    this.#end = end
    const both = (what: string) => (): void => {
      this.reading.push(what)
      this.writing.push(what)
      this.#react(what)
    }
    this.connectedOrClosed = socket.connecting ? new Promise((resolve) => void socket.once('connect', resolve).once('close', resolve)) : Promise.resolve()
    // Writes that waited for the connection are answered between both on node:net, which is not documented.
    socket.on('connect', both('connect')).on('ready', () => this.#hear(this.reading, 'ready'))
    socket.on('end', () => this.#hear(this.reading, 'end'))
    socket.on('finish', () => this.#hear(this.writing, 'finish'))
    socket.on('drain', () => this.heard++)
    socket.on('error', (error: NodeJS.ErrnoException & { address?: string, port?: number }) => {
      const { address = '', code = '', errno = '', message, syscall = '' } = error
      both(`error ${code} ${syscall} ${String(errno)} ${address} ${message.replaceAll(/\d{4,5}/g, 'port').replaceAll(/\S*\.sock\d*/g, 'path')}`)()
    })
    socket.on('close', (hadError) => {
      this.isClosed = true
      both(`close ${String(hadError)}`)()
    })
    if (end.reads === 'data') socket.on('data', this.#take)
    if (end.reads === 'readable') socket.on('readable', () => this.#readAll())
  }

  readonly #take = (part: Buffer): void => {
    this.#parts.push(part)
    this.heard++
    this.#react('data')
  }

  #readAll(): void {
    for (let part = this.socket.read() as Buffer | null; part !== null; part = this.socket.read() as Buffer | null) this.#take(part)
  }

  #hear(list: string[], what: string): void {
    list.push(what)
    this.#react(what)
  }

  readonly #done = new Set<object>()
  #isReacting = false

  #react(what: string): void {
    this.heard++
    const [event = ''] = what.split(' ')
    for (const reaction of this.#end.reactions) {
      if (reaction.on !== event || this.#done.has(reaction)) continue
      this.#done.add(reaction)
      if (event === 'data') this.#isVague = true
      this.#isReacting = true
      this.act(reaction.act)
      this.#isReacting = false
    }
  }

  act(action: Action): void {
    this.heard++
    try {
      this.#perform(action)
    } catch (error) {
      this.writing.push(`${action.do} throws ${String((error as NodeJS.ErrnoException).code)}`)
    }
  }

  #perform(action: Action): void {
    const { socket } = this
    switch (action.do) {
      case 'write':
      case 'end': {
        const number = ++this.#writes
        const { bytes } = action
        const data = Buffer.alloc(bytes, `${String(number)} `)
        // node:net answers a write that the kernel takes before anything else happens: a reaction to one of a reaction's would be a race with that.
        const isOfStep = !this.#isReacting
        const written = (error?: Error | null): void => this.#written(number, error, isOfStep)
        if (action.do === 'end') {
          if (bytes === 0) socket.end(written)
          else socket.end(data, written)
        } else if (action.as === 'buffer') socket.write(data, written)
        else socket.write(data.toString(action.as), action.as, written)
        break
      }
      case 'destroy':
        socket.destroy(action.withError ? Object.assign(new Error('enough'), { code: 'OWN' }) : undefined)
        break
      case 'reset':
        socket.resetAndDestroy()
        break
      case 'options':
        socket.setNoDelay(true).setKeepAlive(true, 5000).setTimeout(60_000)
        break
      case 'read':
        this.#readAll()
        break
      default:
        socket[action.do]()
    }
  }

  /** Of a stream that is destroyed neither the order of answers is documented, nor whether they say so. */
  #written(number: number, error: Error | null | undefined, reacts: boolean): void {
    const { code } = { code: 'well', ...error as NodeJS.ErrnoException | null | undefined }
    this.writing.push(this.socket.destroyed ? `written ${String(number)}` : `written ${String(number)} ${code}`)
    if (reacts && !this.socket.writableEnded) this.#react('written')
    else this.heard++
  }

  noteState(): void {
    const { socket } = this
    const { errored } = socket
    const sides = [socket.readyState, socket.destroyed, socket.pending, socket.connecting, socket.readable, socket.writable, socket.readableEnded]
    const flow = [socket.readableFlowing, socket.isPaused(), socket.closed, errored === null ? socket.writableEnded : errored.message]
    // What a failed write counts for is not documented, nor is it the same for all of node:net's.
    const lengths = this.#isVague || errored !== null ? [] : [socket.writableFinished, socket.writableLength, socket.writableNeedDrain, socket.bytesWritten, socket.bytesRead, socket.readableLength]
    this.states.push([...sides, ...flow, ...lengths].join(' '))
  }

  get seen(): Seen {
    const { reading, states, writing } = this
    const content = Buffer.concat(this.#parts).toString('latin1')
    return { reading, writing, states, content: this.#isVague ? '' : content.length > 1000 ? `${String(content.length)} ${content.slice(-500)}` : content }
  }
}

const isAnswer = (line: string): boolean => line.startsWith('written ')

/** Whether it was destroyed with writes under way, or by an error. */
function isCutShort({ writing }: Seen): boolean {
  return writing.some((line) => line.startsWith('error ') || /^written \d+$/.test(line))
}

function answersLast(seen: Seen): Seen {
  const numbers = seen.writing.filter(isAnswer).map((line) => Number(line.split(' ')[1])).sort((one, other) => one - other)
  return { ...seen, writing: [...seen.writing.filter((line) => !isAnswer(line)), ...numbers.map((number) => `written ${String(number)}`)] }
}

/** What a stream that is destroyed answers to its last writes, and when, depends on when each was made: only that each is answered once is to be the same. */
export function withoutVague(one: Seen | undefined, other: Seen | undefined): readonly [Seen | undefined, Seen | undefined] {
  if (one === undefined || other === undefined || !(isCutShort(one) || isCutShort(other))) return [one, other]
  return [answersLast(one), answersLast(other)]
}

const paths = { count: 0 }

/** A server and its address, of a program's kind. */
async function serve(twin: Twin, { server: { allowHalfOpen }, transport }: Program, listener: (socket: net.Socket) => void): Promise<{ readonly server: net.Server, readonly at: net.NetConnectOpts }> {
  const path = `\0trueaio-random-${String(process.pid)}-${String(paths.count++)}.sock`
  const where = transport === 'Unix' ? { path } : { host: transport === 'IPv4' ? '127.0.0.1' : '::1', port: 0 }
  const server = await twin.serveAt(where, { allowHalfOpen }, listener)
  return { server, at: transport === 'Unix' ? { path } : { ...where, port: (server.address() as net.AddressInfo).port } }
}

async function rest(ends: readonly Observed[], { milliseconds, turns }: Patience): Promise<void> {
  const heard = (): number => ends.reduce((sum, end) => sum + end.heard, 0)
  for (let quiet = 0, before = -1; quiet < turns; quiet++) {
    await turn()
    const now = heard()
    if (now !== before) quiet = 0
    else if (quiet === turns - 1 && milliseconds > 0) await wait(milliseconds)
    if (heard() !== now) quiet = 0
    before = now
  }
}

export async function observe(program: Program, twin: Twin, patience: Patience): Promise<Observation> {
  let far: Observed | undefined
  let accepted = (): void => undefined
  const hasAccepted = new Promise<void>((resolve) => (accepted = resolve))
  const { at, server } = await serve(twin, program, (socket) => {
    far = new Observed(socket, program.server, program.hasLarge)
    accepted()
  })
  const near = new Observed(twin.connect({ ...at, allowHalfOpen: program.client.allowHalfOpen }), program.client, program.hasLarge)
  const ends = (): Observed[] => (far === undefined ? [near] : [near, far])
  const actAll = async (end: Observed, other: Observed | undefined, actions: readonly Action[]): Promise<void> => {
    for (const action of actions) {
      // A cork holds what waits behind a write that is under way; node:net writes at once, and so has nothing that waits. A reset while an end is
      // under way is refused by it (EINVAL).
      if (action.do === 'cork' || action.do === 'reset') await rest(ends(), patience)
      end.act(action)
      // Which of several sends first hears that the peer has gone depends on when it was made.
      if (other?.isClosed === true) await rest(ends(), patience)
    }
  }
  try {
    for (const action of program.early) near.act(action)
    const isGivenUp = near.socket.destroyed
    await Promise.all([isGivenUp ? undefined : hasAccepted, near.connectedOrClosed])
    await rest(ends(), patience)
    // What both ends do at once has no order between them: each waits for the other.
    for (const step of program.steps) {
      await actAll(near, far, step.client)
      await rest(ends(), patience)
      if (far !== undefined) await actAll(far, near, step.server)
      await rest(ends(), patience)
      for (const end of ends()) end.noteState()
    }
    // Whoever has not ended ends now, and reads what is left.
    for (const { socket } of ends()) {
      while (socket.writableCorked > 0) socket.uncork()
      socket.resume()
      await rest(ends(), patience)
      if (!socket.writableEnded) socket.end()
      await rest(ends(), patience)
    }
    for (const end of ends()) {
      end.noteState()
      if (!end.isClosed) end.socket.destroy()
    }
    await rest(ends(), patience)
    // A server may or may not hear of a client that gave up before it was connected.
    return { client: near.seen, server: isGivenUp ? undefined : far?.seen }
  } finally {
    for (const end of ends()) end.socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  }
}
