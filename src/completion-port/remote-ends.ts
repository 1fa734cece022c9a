// ① interface — the port's side of its ends in other threads: each is a consumer, served through a message port. A count in
// shared memory lets this thread sleep for what they say, and them for what they are answered.
import { MessageChannel, receiveMessageOnPort, type MessagePort } from 'node:worker_threads'
import { Consumer } from './consumer.js'
import { Overlapped, Packet, type PostedPacket } from './packet.js'
import type { OwningPort } from './port-interface.js'
import { errorFrom, plainError, ring, type Answer, type PlainPacket, type Request, type SharedPort } from './remote-messages.js'
import { flushPending } from '../waiting/pending.js'

export type { SharedPort } from './remote-messages.js'

/** All ends of one port. */
export class RemoteEnds<Key> {
  readonly #port: OwningPort<Key>
  readonly #told = new Int32Array(new SharedArrayBuffer(4))
  readonly #ends = new Set<RemoteEnd<Key>>()
  #held = 0

  constructor(port: OwningPort<Key>) {
    this.#port = port
  }

  /** Ends that are not closed. */
  get count(): number {
    return this.#ends.size
  }

  /** How many notifications were sent so far. */
  posts(): number {
    return Atomics.load(this.#told, 0)
  }

  add(): SharedPort {
    const { port1, port2 } = new MessageChannel()
    const answered = new SharedArrayBuffer(4)
    const end = new RemoteEnd(this.#port, port1, answered, () => this.#ends.delete(end))
    this.#ends.add(end)
    end.keepAlive(this.#held > 0 || this.#port.waiting > 0)
    return { messagePort: port2, told: this.#told.buffer, answered }
  }

  /** A wait of this thread: what other threads have said must reach it, also when they have ended since. */
  holdFor(wait: Promise<unknown>): void {
    const hold = (change: 1 | -1): void => {
      this.#held += change
      for (const end of this.#ends) end.keepAlive(this.#held > 0)
    }
    hold(1)
    const done = (): void => hold(-1)
    wait.then(done, done)
  }

  /** Hears what has been said, without waiting for the loop. */
  receive(): void {
    for (const end of this.#ends) end.receive()
  }

  /** Sleeps until more notifications were sent than this, or the milliseconds are over. */
  sleep(posts: number, milliseconds: number): void {
    flushPending()
    Atomics.wait(this.#told, 0, posts, milliseconds)
  }

  close(): void {
    for (const end of this.#ends) end.close()
  }
}

class RemoteEnd<Key> {
  readonly #port: OwningPort<Key>
  readonly #consumer: Consumer<Key>
  readonly #messages: MessagePort
  readonly #answered: Int32Array
  readonly #gets = new Map<number, AbortController>()
  /** By get: packets sent of which the other thread has not said that they arrived. */
  readonly #sent = new Map<number, readonly Packet<Key>[]>()

  constructor(port: OwningPort<Key>, messages: MessagePort, answered: SharedArrayBuffer, onClose: () => void) {
    this.#port = port
    this.#consumer = new Consumer(port, true)
    this.#messages = messages
    this.#answered = new Int32Array(answered)
    messages.on('message', (request: Request) => this.#hear(request))
    messages.on('close', () => {
      // Its thread has ended, or let go: it waits for nothing and runs no more.
      onClose()
      for (const get of this.#gets.values()) get.abort()
      // Before its place is free, so that the next user of the place finds them first.
      if (!port.closed) for (const packets of [...this.#sent.values()].reverse()) port.putBack(packets)
      this.#consumer.close()
    })
  }

  /** While nobody waits here, the other thread alone keeps the process alive, as long as it has something to do. */
  keepAlive(isWanted: boolean): void {
    if (isWanted) this.#messages.ref()
    else this.#messages.unref()
  }

  receive(): void {
    for (let received = receiveMessageOnPort(this.#messages); received !== undefined; received = receiveMessageOnPort(this.#messages)) {
      this.#hear((received as { readonly message: Request }).message)
    }
  }

  close(): void {
    this.#answer({ kind: 'closed' })
    this.#messages.close()
  }

  #hear(request: Request): void {
    if (request.kind === 'get') void this.#get(request.id, request.max)
    else if (request.kind === 'taken') this.#sent.delete(request.id)
    else if (request.kind === 'cancel') this.#gets.get(request.id)?.abort()
    else if (request.kind === 'release') this.#consumer.release()
    else if (request.kind === 'block') this.#consumer.block()
    else if (request.kind === 'unblock') this.#consumer.unblock()
    else if (this.#port.closed) return // it learns of that soon
    else if (request.kind === 'post') this.#port.post(postedFrom<Key>(request.packet))
    else this.#port.putBack(request.packets.map((packet) => new Packet(packet.bytes, packet.key as Key, packet.overlapped, packet.error && errorFrom(packet.error))))
  }

  async #get(id: number, max: number): Promise<void> {
    const get = new AbortController()
    this.#gets.set(id, get)
    let packets: Packet<Key>[]
    try {
      packets = await this.#consumer.getMany({ max, signal: get.signal })
    } catch (error) {
      this.#answer({ kind: 'failed', id, error: plainError(error as Error) })
      return
    } finally {
      this.#gets.delete(id)
    }
    try {
      this.#answer({ kind: 'packets', id, packets: packets.map(plain) })
      this.#sent.set(id, packets)
    } catch (error) {
      // A key or a cookie that cannot be copied: the packets are still there, for this thread's consumers.
      this.#consumer.release()
      this.#port.putBack(packets)
      this.#answer({ kind: 'failed', id, error: plainError(error as Error) })
    }
  }

  #answer(answer: Answer): void {
    this.#messages.postMessage(answer)
    ring(this.#answered)
  }
}

function postedFrom<Key>({ error, ...packet }: PlainPacket): PostedPacket<Key> {
  return { ...packet, key: packet.key as Key, error: error && errorFrom(error) }
}

/** An Overlapped arrives as its offset and its cookie. */
function plain<Key>({ bytes, key, overlapped, error }: Packet<Key>): PlainPacket {
  const shown = overlapped instanceof Overlapped ? { offset: overlapped.offset, cookie: overlapped.cookie as unknown } : overlapped
  return { bytes, key, overlapped: shown, error: error && plainError(error) }
}
