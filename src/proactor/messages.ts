// ③ proactor — what is published on diagnostics channels: `trueaio:submit` and `trueaio:complete`. Messages are queued where
// something happens, and shown when nothing is half way: subscribers may submit, block, abort and close.
import { channel, type Channel } from 'node:diagnostics_channel'
import { Fifo } from '../waiting/fifo.js'

interface Message {
  readonly channel: Channel
  readonly content: object
}

export const submitChannel: Channel = channel('trueaio:submit')
export const completeChannel: Channel = channel('trueaio:complete')

export class Messages {
  readonly #queue = new Fifo<Message>()

  get length(): number {
    return this.#queue.length
  }

  push(to: Channel, content: object): void {
    this.#queue.push({ channel: to, content })
  }

  /** Shows what is queued. Node raises what a subscriber throws as an uncaught error of its own. */
  publish(): void {
    for (let one = this.#queue.shift(); one !== undefined; one = this.#queue.shift()) one.channel.publish(one.content)
  }
}
