// ④ driver — simulated: the network of one simulation, which connects all proactors on it: who listens where, how long something is on
// its way, and what is lost. perform-socket.ts carries out operations on it.
import { SocketFamily, type SocketAddress } from '../../operation/address.js'
import type { Clock } from './clock.js'
import { Failure } from './inode.js'
import type { Settings } from './options.js'
import type { Random } from './random.js'
import { hasArrived, SimulatedSocket, type Arrival } from './socket.js'

const FIRST_PORT = 32768
const ANY: Readonly<Record<string, string>> = { IPv4: '0.0.0.0', IPv6: '::' }
const LOOPBACK: Readonly<Record<string, string>> = { IPv4: '127.0.0.1', IPv6: '::1' }

export class Network {
  readonly #settings: Settings
  readonly #random: Random
  readonly #clock: Clock
  /** By kind and address. */
  readonly #bound = new Map<string, SimulatedSocket>()
  #nextPort = FIRST_PORT
  #nextName = 0

  constructor(settings: Settings, random: Random, clock: Clock) {
    this.#settings = settings
    this.#random = random
    this.#clock = clock
  }

  get now(): number {
    return this.#clock.now
  }

  make(domain: number, type: number): SimulatedSocket {
    return new SimulatedSocket(domain, type, (socket) => this.#remove(socket))
  }

  /** @throws EADDRINUSE, EINVAL: it has an address */
  bind(socket: SimulatedSocket, wanted: SocketAddress): void {
    if (socket.local !== undefined) throw new Failure('EINVAL')
    const address = this.#complete(wanted)
    const key = keyOf(socket, address)
    if (this.#bound.has(key)) throw new Failure('EADDRINUSE')
    this.#bound.set(key, socket)
    socket.local = address
  }

  /** Gives a socket an address of its own, if it has none. */
  bindAnywhere(socket: SimulatedSocket): void {
    if (socket.local !== undefined) return
    if (socket.domain === SocketFamily.AF_UNIX) socket.local = { family: 'Unix', path: '' }
    else {
      const family = socket.domain === SocketFamily.AF_INET ? 'IPv4' : 'IPv6'
      this.bind(socket, { family, address: LOOPBACK[family] ?? '', port: 0, scopeId: 0, flowLabel: 0 })
    }
  }

  /** The socket that is bound to an address. */
  find(from: SimulatedSocket, address: SocketAddress): SimulatedSocket | undefined {
    const exact = this.#bound.get(keyOf(from, address))
    if (exact !== undefined || address.family === 'Unix') return exact
    return this.#bound.get(keyOf(from, { ...address, address: ANY[address.family] ?? '' }))
  }

  /** Connects two ends. */
  join(near: SimulatedSocket, far: SimulatedSocket): void {
    near.peer = far
    far.peer = near
  }

  /** Sends along a connection: in order, each piece some time later. */
  send(to: SimulatedSocket, what: Arrival['what'], from?: SocketAddress): void {
    const last = to.inbox.at(-1)?.at ?? 0
    to.deliver({ at: Math.max(last, this.#arrival()), what, from })
  }

  /** Sends a datagram, which may be lost, or overtaken by others. */
  sendDatagram(to: SimulatedSocket, bytes: Buffer, from: SocketAddress): void {
    const { datagramLossRate, datagramReorderRate } = this.#settings
    if (this.#random.chance(datagramLossRate)) return
    if (this.#random.chance(datagramReorderRate)) to.deliver({ at: this.#arrival(), what: bytes, from })
    else this.send(to, bytes, from)
  }

  /** Whether the connection breaks at this operation. */
  resets(socket: SimulatedSocket): boolean {
    return socket.peer !== undefined && this.#random.chance(this.#settings.resetRate)
  }

  /** Ends a connection at once, for both. */
  reset(socket: SimulatedSocket): void {
    const { peer } = socket
    socket.peer = undefined
    socket.wasReset = true
    // What waits here for the other side, beside the operation that has met the reset, ends as well.
    socket.wakeReaders(this.now)
    socket.wakeWriters(this.now)
    if (peer === undefined) return
    peer.peer = undefined
    peer.inbox = peer.inbox.filter((one) => hasArrived(one, this.now))
    this.send(peer, 'reset')
    peer.wakeWriters(this.now)
  }

  #arrival(): number {
    return this.now + this.#random.between(...this.#settings.delay)
  }

  #complete(address: SocketAddress): SocketAddress {
    // Without a name the kernel gives one, as autobind does.
    if (address.family === 'Unix') return address.path === '' ? { family: 'Unix', path: `\0${String(this.#nextName++).padStart(5, '0')}` } : address
    return address.port === 0 ? { ...address, port: this.#nextPort++ } : address
  }

  #remove(socket: SimulatedSocket): void {
    if (socket.local !== undefined && this.#bound.get(keyOf(socket, socket.local)) === socket) this.#bound.delete(keyOf(socket, socket.local))
    for (const waiting of socket.accepted.splice(0)) this.#remove(waiting)
    const { peer } = socket
    if (peer === undefined) return
    const lingers = socket.options.get('1:13')
    const unread = socket.inbox.some(({ what }) => typeof what !== 'string')
    if (unread || (lingers !== undefined && lingers.readInt32LE(0) !== 0 && lingers.readInt32LE(4) === 0)) this.reset(socket)
    else {
      if (!socket.writeEnded) this.send(peer, 'end')
      socket.writeEnded = true
      socket.readEnded = true
    }
  }
}

function keyOf({ isStream }: SimulatedSocket, address: SocketAddress): string {
  const where = address.family === 'Unix' ? address.path : `${address.address} ${String(address.port)}`
  return `${isStream ? 'stream' : 'datagram'} ${address.family} ${where}`
}
