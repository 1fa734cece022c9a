// ① interface — calls of one kind that a tick asks for, as packed lists (operation/whole.ts): one trip to a thread and back for
// many of them. A call that is alone, and everything where no pool of threads is, goes step by step instead: `alone` does it.
import { availableParallelism } from 'node:os'
import { defaultProactor } from '../../default-proactor.js'
import { whole, type ListOpcode } from '../../operation/whole.js'
import { Errno } from '../../operation/system-error.js'
import { failureOf } from '../../proactor/failure.js'
import { CancelReason, type Entry, type Settler } from '../../proactor/in-flight.js'
import { Attempts } from '../../ring/attempts.js'
import { ListHeader, ListItem, NOT_MADE } from '../../ring/layout/whole.js'
import { giveBackArena, ITEMS_MAX, takeArena, type Arena } from './arena.js'
import { closeBehind } from './row-request.js'
import type { Wish } from './wish.js'

/** Fewer files than these are faster one by one: the trip to a thread costs about as much as two of them. */
const LEAST = 3
/** Lists on their way at once: each core has work, and one more waits for it. */
const LISTS_MAX: number = availableParallelism() + 1
/** When no item is begun for so long, something in a list waits for a device or a server: what is behind it goes one by one. */
const PATIENCE_MS = 20
/** After so many of these in a row what waits for a list, and what comes next, goes one by one. */
const LOOKS_UNTIL_ALONE = 2
/** After so many of these in a row a call whose deadline has passed settles, whatever may still be open. */
const LOOKS_MAX = 10
/** A thread may sleep so often in any list, for a lock. */
const WAITS_MIN = 2
/** After a list whose thread slept for every fourth item and more, so many calls go one by one: a ring has many on the device at once. */
const CALLS_AFTER_WAITS = 512

interface List<Kind extends Wish> {
  readonly arena: Arena
  readonly wishes: Kind[]
  /** Items begun when it was last looked at; -1: it was not. */
  begun: number
  /** How often in a row nothing had been begun. */
  looks: number
  /** Ends it, once nobody waits for any of its wishes. None where one of them has no deadline. */
  readonly stop: AbortController | undefined
  /** What the kernel's caches do not answer goes step by step. */
  readonly isAtOnce: boolean
}

/** Characters of a path (PATH_MAX). The system reports a longer one as too long. */
export const LISTED_PATH_MAX = 4096

/** Whether a path may stand in a list. */
export function isListed(path: string | Uint8Array): path is string {
  return typeof path === 'string' && path.length < LISTED_PATH_MAX
}

interface Traits {
  readonly least?: number
  readonly changesNames?: boolean
  readonly isCached?: boolean
}

/** The calls of one kind. */
export abstract class PackedLists<Kind extends Wish> implements Settler {
  readonly #opcode: ListOpcode
  readonly #least: number
  readonly #changesNames: boolean
  /** Of lists that the kernel's caches may answer, on this thread (native/whole_cached.c). */
  readonly #atOnce: Attempts | undefined
  #waiting: Kind[] = []
  #isGathering = false
  readonly #inFlight = new Set<List<Kind>>()
  #isWatched = false
  /** So many more calls go one by one. */
  #oneByOne = 0

  /**
   * @param least fewer wishes than these go one by one
   * @param changesNames then a list is not split, as calls of one tick are begun in their order; and those that wait for a directory's lock would wait alone as well
   * @param isCached fewer wishes than `least` are tried from the kernel's caches first
   */
  constructor(opcode: ListOpcode, { least = LEAST, changesNames = false, isCached = false }: Traits = {}) {
    this.#opcode = opcode
    this.#least = least
    this.#changesNames = changesNames
    this.#atOnce = isCached ? new Attempts() : undefined
  }

  /** Takes a call. It goes down with all others of this tick. */
  add(wish: Kind): void {
    if (wish.countdown !== undefined) wish.heed(() => this.#abandon(wish))
    this.#waiting.push(wish)
    if (this.#isGathering) return
    this.#isGathering = true
    defaultProactor().gather(this.#submit)
  }

  /** A deadline has ended a call. A list that nobody waits for any more is cancelled; its calls settle at its end. */
  #abandon(wish: Kind): void {
    const at = this.#waiting.indexOf(wish)
    if (at >= 0) {
      this.#waiting.splice(at, 1)
      wish.endAbandoned()
      return
    }
    for (const { wishes, stop } of this.#inFlight) {
      if (stop !== undefined && wishes.includes(wish) && wishes.every(({ isDone }) => isDone === true)) stop.abort()
    }
  }

  /** Writes what the item at `item` needs beside its path. False: no room is left for it in this list. */
  protected abstract fill(wish: Kind, arena: Arena, item: number): boolean
  /** Settles a call whose item was made. */
  protected abstract made(wish: Kind, arena: Arena, item: number): void

  readonly #submit = (): void => {
    this.#isGathering = false
    const proactor = defaultProactor()
    while (this.#waiting.length > 0) {
      const { length } = this.#waiting
      const isAtOnce = length < this.#least && this.#isCached()
      if ((length < this.#least && !isAtOnce) || this.#oneByOne > 0 || !proactor.offers(this.#opcode)) {
        this.#oneByOne = Math.max(0, this.#oneByOne - length)
        this.#eachAlone(this.#take(length))
        return
      }
      if (this.#inFlight.size >= LISTS_MAX) return // until one of them ends
      const lanes = this.#changesNames ? 1 : Math.max(1, availableCores - this.#inFlight.size)
      this.#submitList(this.#take(isAtOnce ? length : Math.min(ITEMS_MAX, Math.ceil(length / lanes))), isAtOnce)
    }
  }

  /** Whether the few wishes that wait are tried from the kernel's caches. One with a deadline may not settle before the next turn. */
  #isCached(): boolean {
    return this.#atOnce !== undefined && this.#waiting.every(({ countdown }) => countdown === undefined) && this.#atOnce.due()
  }

  #take(count: number): Kind[] {
    const waiting = this.#waiting
    if (count >= waiting.length) {
      this.#waiting = []
      return waiting
    }
    return waiting.splice(0, count)
  }

  #eachAlone(wishes: readonly Kind[]): void {
    for (const wish of wishes) {
      if (wish.isDone === true) wish.endAbandoned()
      else wish.alone()
    }
  }

  #submitList(wishes: Kind[], isAtOnce: boolean): void {
    const arena = takeArena()
    if (!arena.begin(wishes.map(({ path }) => path))) { // very long paths
      giveBackArena(arena)
      this.#eachAlone(wishes)
      return
    }
    for (let index = 0; index < wishes.length; index++) {
      if (this.fill(wishes[index] as Kind, arena, ListHeader.WORDS + index * ListItem.WORDS)) continue
      arena.words[ListHeader.COUNT] = index
      this.#waiting = wishes.splice(index).concat(this.#waiting)
    }
    if (isAtOnce) arena.words[ListHeader.AT_ONCE] = 1
    const stop = wishes.every(({ countdown }) => countdown !== undefined) ? new AbortController() : undefined
    const list = { arena, wishes, begun: -1, looks: 0, stop, isAtOnce }
    this.#inFlight.add(list)
    this.#watch()
    defaultProactor().submitTo(this, whole(this.#opcode, arena.words), stop === undefined ? undefined : { signal: stop.signal }, list)
  }

  settle(entry: Entry, result: number): void {
    const list = entry.first as List<Kind>
    const { arena, wishes } = list
    this.#inFlight.delete(list)
    const isCancelled = entry.cancelReason !== CancelReason.NONE || entry.problem !== undefined
    // All that could be made may have been made before the cancel came: what is left was cancelled nevertheless.
    const failure = isCancelled ? failureOf(entry, Math.min(result, Errno.ECANCELED)) : undefined
    let left: Kind[] | undefined
    for (let index = 0; index < wishes.length; index++) {
      const wish = wishes[index] as Kind
      const item = ListHeader.WORDS + index * ListItem.WORDS
      const isMade = arena.words[item + ListItem.RESULT] !== NOT_MADE
      if (wish.isDone === true) this.#endAbandoned(wish, isMade ? arena.words : undefined, item)
      else if (isMade) this.made(wish, arena, item)
      else if (failure !== undefined) wish.cancelled(failure)
      else (left ??= []).push(wish)
    }
    const waits = arena.words[ListHeader.WAITS] as number
    if (!this.#changesNames && waits > WAITS_MIN && waits * 4 > wishes.length) this.#oneByOne = CALLS_AFTER_WAITS
    if (list.isAtOnce) this.#atOnce?.[left === undefined ? 'hit' : 'missed']()
    if (!isCancelled) giveBackArena(arena) // an abandoned list may still be written into
    if (left !== undefined) {
      // The memory was full, or there was no thread for it.
      if (result < 0 || list.isAtOnce) this.#eachAlone(left)
      else this.#waiting = left.concat(this.#waiting)
    }
    if (this.#waiting.length > 0 && !this.#isGathering) {
      this.#isGathering = true
      defaultProactor().gather(this.#submit)
    }
  }

  /** What an item has left open is closed before its call settles. */
  #endAbandoned(wish: Kind, words: Int32Array | undefined, item: number): void {
    const fd = words?.[item + ListItem.FD] ?? -1
    if (words === undefined || fd < 0) {
      wish.endAbandoned()
      return
    }
    words[item + ListItem.FD] = -1
    void closeBehind(fd).then(() => wish.endAbandoned())
  }

  #watch(): void {
    if (this.#isWatched) return
    this.#isWatched = true
    setTimeout(this.#look, PATIENCE_MS).unref()
  }

  /** Something that hangs must not hold up what is behind it in its list. */
  readonly #look = (): void => {
    this.#isWatched = false
    for (const list of this.#inFlight) {
      const { begun } = list.arena
      if (begun !== list.begun) list.looks = 0
      else {
        this.#eachAlone(list.wishes.splice(list.arena.takeBack()))
        list.looks++
        // It may hang for ever, and so may the lists behind it.
        if (list.looks === LOOKS_UNTIL_ALONE) this.#oneByOne = CALLS_AFTER_WAITS
        if (list.looks >= LOOKS_MAX) for (const wish of list.wishes) wish.endAbandoned()
      }
      list.begun = list.arena.begun
    }
    if (this.#oneByOne > 0) this.#eachAlone(this.#take(this.#waiting.length))
    if (this.#inFlight.size > 0) this.#watch()
  }
}

const availableCores = availableParallelism()
