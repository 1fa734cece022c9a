// ① interface — how many arguments Node's functions have before their callback. Node takes the first function it meets where
// a callback may be, and refuses what is there without being one; a call that says more than Node's function is told is Node's.

/** Where the last argument is options: a deadline is among them. */
const WITH_OPTIONS = {
  appendFile: 3, cp: 3, fstat: 2, lstat: 2, mkdir: 2, mkdtemp: 2, opendir: 2, readdir: 2, readFile: 2, readlink: 2, rm: 2, rmdir: 2, stat: 2, statfs: 2, writeFile: 3,
} as const

/** Where Node's has no options: a deadline may follow. (`read` counts the forms of its own.) */
const WITHOUT_OPTIONS = {
  access: 2, chmod: 2, chown: 3, close: 1, copyFile: 3, fchmod: 2, fchown: 3, fdatasync: 1, fsync: 1, ftruncate: 2, futimes: 3, lchown: 3, link: 2, lutimes: 3, open: 3,
  read: 5, readv: 3, rename: 2, symlink: 3, truncate: 2, unlink: 1, utimes: 3, write: 5, writev: 3,
} as const

export type CallbackName = keyof typeof WITH_OPTIONS | keyof typeof WITHOUT_OPTIONS

const COUNTS: Readonly<Record<CallbackName, number>> = { ...WITH_OPTIONS, ...WITHOUT_OPTIONS }

/** What a deadline can be in: an object that is nothing else. */
export function isOptions(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value)
}

/** Tells whether a call has the shape of one of Node's, or of one with a deadline at its end. */
export function shapeOf(name: CallbackName): (given: readonly unknown[]) => boolean {
  const count = COUNTS[name]
  const mayHaveDeadline = name in WITHOUT_OPTIONS
  return (given) => {
    const last = given.length - 1
    for (let index = 0; index < last; index++) if (typeof given[index] === 'function') return false
    const isShort = last <= count || (last === count + 1 && mayHaveDeadline && isOptions(given[last - 1]))
    return isShort && typeof given[last] === 'function'
  }
}

/**
 * The forms of fs.read behind the descriptor: `()`, `({ … })`, `(view)`, `(view, { … })`, `(view, offset, length, position)`.
 * A length that is null is none at all here, and not the rest of the buffer as in a FileHandle's.
 */
export function isReadForm(given: readonly unknown[]): boolean {
  const [first, second, length] = given
  switch (given.length) {
    case 0: return true
    case 1: return ArrayBuffer.isView(first) || isReadOptions(first)
    case 2: return ArrayBuffer.isView(first) && second !== undefined && isReadOptions(second)
    case 4:
    case 5: return ArrayBuffer.isView(first) && typeof second !== 'object' && typeof length === 'number'
    default: return false
  }
}

function isReadOptions(value: unknown): boolean {
  return value === undefined || value === null || (isOptions(value) && (value as { length?: unknown }).length !== null)
}

/** The forms of fs.write behind the descriptor: a null in the place of the offset is empty options, and all after it is not looked at. */
export function isWriteForm(given: readonly unknown[]): boolean {
  const [first, second, third] = given
  if (typeof first === 'string') return given.length <= 3 || (given.length === 4 && isOptions(given[3]))
  return second !== null || third === undefined
}
