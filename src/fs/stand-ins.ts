// ① interface — what trueaio/register puts into node:fs: a function for each of the drop-in's, which loads its room at its
// first call. Many programs only ever use what ends in Sync, and load none; one that reads files loads no trees and streams.
import { functionsOf, type Face, type Room } from './functions.js'
import { node, nodeFs } from './node/node-functions.js'

type Callable = (...given: unknown[]) => unknown
type Functions = Readonly<Record<string, unknown>>
type Faces = Readonly<Record<Face, Functions>>

/**
 * Node's loader of ES modules reads each by `readFile(url)`. As long as nothing else has called the drop-in, so many such calls
 * stay Node's: a small program then starts without loading the drop-in for the sake of its own one or two.
 */
const LOADER_READS_MAX = 64

const OUT_OF_SOMETHING = /EMFILE|ENFILE|ENOMEM|too many open files/i
const RETRY_MILLISECONDS = 250

/** One room of the drop-in. */
class Later {
  static readonly #rooms = new Map<Room, Later>()
  static #isAnyLoaded = false
  readonly #name: string
  #faces: Faces | undefined = undefined
  #isComing = false
  /** Where it could not be loaded: when that is tried again, on the performance clock (of which Node loads nothing before somebody asks it). */
  #retryAt: number | undefined = undefined

  private constructor(room: Room) {
    this.#name = `#fs/${room}`
  }

  /** Loads every room that is not loaded yet. */
  static loadAll(): void {
    for (const later of Later.#rooms.values()) later.functions('promises')
  }

  static of(room: Room): Later {
    let later = Later.#rooms.get(room)
    if (later === undefined) Later.#rooms.set(room, (later = new Later(room)))
    return later
  }

  /** Whether the program has called anything of the drop-in. */
  static get isAnyLoaded(): boolean {
    return Later.#isAnyLoaded
  }

  /** Its functions; undefined while they can't be had: those are Node's calls. */
  functions(face: Face): Functions | undefined {
    if (this.#faces === undefined && !this.#isComing && (this.#retryAt === undefined || performance.now() >= this.#retryAt)) this.#load()
    return this.#faces?.[face]
  }

  #load(): void {
    try {
      this.#loaded(process.getBuiltinModule('node:module').createRequire(import.meta.url)(this.#name) as Faces)
    } catch (error) {
      // No open file or memory left at this moment. A file that the loader could not read is looked for again.
      if (OUT_OF_SOMETHING.test(String(error))) {
        this.#retryAt = performance.now() + RETRY_MILLISECONDS
        return
      }
      // A Node that may not require ES modules, or an import of the same module that is half done at this moment.
      this.#isComing = true
      import(this.#name).then((faces: Faces) => this.#loaded(faces), (error: unknown) => process.emitWarning(error as Error))
    }
  }

  #loaded(faces: Faces): void {
    this.#faces = faces
    Later.#isAnyLoaded = true
  }
}

/**
 * Loads, now, all that would be loaded at a first call: before the process gives up the rights to read its own program (a server that
 * begins as root and continues as a user who may not read where it is installed).
 */
export function loadEverything(): void {
  Later.loadAll()
  const require = process.getBuiltinModule('node:module').createRequire(import.meta.url)
  try {
    const { loadBinding } = require('#native') as typeof import('../native/load.js')
    loadBinding()
  } catch {
    // A Node that may not require ES modules: the rooms being loaded bring it.
  }
}

/** Of the same name, length, prototype and properties as Node's (what util.promisify looks for is among them). */
function standIn(name: string, theirs: Callable, face: Face, later: Later): Callable {
  let ours: Callable | undefined
  let loaderReads = name === 'readFile' ? LOADER_READS_MAX : 0
  const call = (given: unknown[]): unknown => {
    if (ours === undefined && loaderReads > 0 && given.length === 1 && given[0] instanceof URL && !Later.isAnyLoaded) {
      loaderReads--
      return theirs(...given)
    }
    ours ??= later.functions(face)?.[name] as Callable | undefined
    return (ours ?? theirs)(...given)
  }
  // `new fs.createReadStream(…)` works, as Node's is an ordinary function; an async one has no constructor.
  const either = Object.hasOwn(theirs, 'prototype') ? function (...given: unknown[]): unknown {
    return call(given)
  } : (...given: unknown[]): unknown => call(given)
  Object.defineProperties(either, Object.getOwnPropertyDescriptors(theirs))
  return Object.setPrototypeOf(either, Object.getPrototypeOf(theirs) as object) as Callable
}

function standInsFor(face: Face, theirs: Functions): Functions {
  return Object.fromEntries(functionsOf(face).filter(([name]) => typeof theirs[name] === 'function')
    .map(([name, room]) => [name, standIn(name, theirs[name] as Callable, face, Later.of(room))]))
}

/** For node:fs. */
export function callbackStandIns(): Functions {
  return standInsFor('callbacks', nodeFs)
}

/** For node:fs/promises. */
export function promiseStandIns(): Functions {
  return standInsFor('promises', node)
}
