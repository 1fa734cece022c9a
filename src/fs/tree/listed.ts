// ① interface — directories listed whole, those of a tick together: one trip to a thread for up to 64 of them
// (request/packed-list.ts, native/whole_list.c). What is too large for a list it leaves open where it has stopped.
import type { Stats } from 'node:fs'
import { Opcode } from '../../operation/opcode.js'
import { Errno, systemError } from '../../operation/system-error.js'
import { Listed, ListingMode, ListItem, STAT_MODE, STAT_NUMBERS } from '../../ring/layout/whole.js'
import { statsFrom } from '../node/index.js'
import { PackedLists, Wish, type Arena, type Countdown } from '../request/index.js'
import { EntryType, entryTypeOf } from './entry-type.js'

const EMFILE = -24
const ENFILE = -23
/** No descriptor, or memory, for it at this moment: step by step somebody waits for one. */
const UNDECIDED: ReadonlySet<number> = new Set([EMFILE, ENFILE, Errno.ENOMEM])

export interface ListingOptions {
  /** Flags of the open, beside O_RDONLY and O_DIRECTORY. */
  readonly flags: number
  /** Entries at most. More, or more than fit into the memory of a list: the directory is left open. */
  readonly most: number
  /** By the bytes of their names. */
  readonly sorted: boolean
  /** With what each entry is: of a link, not of what it leads to. */
  readonly stats: boolean
}

/** A directory, or its beginning. */
export interface ListedDirectory {
  /** As latin1: a character a byte. */
  readonly names: string[]
  /** Undefined: regular files all of them. */
  readonly types: EntryType[] | undefined
  /** By index, where they were asked for; or why an entry could not be looked at. */
  readonly stats: (Stats | number)[] | undefined
  /** Whether all names are ASCII. */
  readonly isAscii: boolean
  /** Open behind the last entry, for the caller to continue with and to close. -1: that was all. */
  readonly fd: number
}

class ListingWish extends Wish {
  readonly options: ListingOptions

  constructor(resolve: (listed: unknown) => void, path: string, syscall: string, options: ListingOptions, countdown: Countdown | undefined) {
    super(resolve, path, syscall, countdown)
    this.options = options
  }

  protected override goAlone(resolve: (listed: unknown) => void): void {
    resolve(undefined)
  }
}

class Listings extends PackedLists<ListingWish> {
  protected override fill({ options: { flags, most, sorted, stats } }: ListingWish, { words }: Arena, item: number): boolean {
    words[item + ListItem.ARGUMENT] = flags
    words[item + ListItem.MODE] = (sorted ? ListingMode.SORTED : 0) | (stats ? ListingMode.STATS : 0)
    words[item + ListItem.LENGTH] = most
    return true
  }

  protected override made(wish: ListingWish, arena: Arena, item: number): void {
    const { words } = arena
    const result = words[item + ListItem.RESULT] as number
    const fd = words[item + ListItem.FD] as number
    words[item + ListItem.FD] = -1 // it is the caller's from here on
    if (result >= 0) wish.told(listedIn(arena, item, result, fd, wish.options.stats))
    else if (UNDECIDED.has(result)) wish.alone()
    else wish.failed(() => systemError(result, wish.syscall, wish.path))
  }
}

function listedIn({ bytes, numbers, words }: Arena, item: number, count: number, fd: number, hasStats: boolean): ListedDirectory {
  const mode = words[item + ListItem.MODE] as number
  let at = words[item + ListItem.AT] as number
  let stats: (Stats | number)[] | undefined
  if (hasStats) {
    stats = new Array<Stats | number>(count)
    for (let index = 0, first = at / 8; index < count; index++, first += STAT_NUMBERS) {
      const said = numbers[first + STAT_MODE] as number
      stats[index] = said < 0 ? said : statsFrom(numbers, first)
    }
    at += count * STAT_NUMBERS * 8
  }
  const end = at + (words[item + ListItem.LENGTH] as number)
  // One string for all names, split: a call into the runtime for each would take longer than everything else here.
  const names = count === 0 ? [] : bytes.toString('latin1', at, end - 1).split('\0')
  let types: EntryType[] | undefined
  if ((mode & Listed.OTHERS) !== 0) {
    types = new Array<EntryType>(count)
    for (let index = 0; index < count; index++) types[index] = entryTypeOf(bytes[end + index] as number)
  }
  return { names, types, stats, isAscii: (mode & Listed.FOREIGN) === 0, fd }
}

const listings = new Listings(Opcode.LIST_DIRECTORIES, { least: 1 })

/**
 * Lists a directory, together with whatever else this tick lists. Resolves to undefined where it has to be done step by step: few are
 * asked for, there is no pool of threads, or something is short. Rejects as that system call does.
 */
export function listed(path: string, options: ListingOptions, countdown: Countdown | undefined, syscall = 'scandir'): Promise<ListedDirectory | undefined> {
  return new Promise<unknown>((resolve) => {
    listings.add(new ListingWish(resolve, path, syscall, options, countdown))
  }) as Promise<ListedDirectory | undefined>
}

/** Names that are not ASCII, as the text they are in UTF-8. */
export function decodeName(latin1: string): string {
  return Buffer.from(latin1, 'latin1').toString('utf8')
}
