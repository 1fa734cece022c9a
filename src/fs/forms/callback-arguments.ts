// ① interface — how many arguments Node's functions have before their callback. Node takes the first function it meets where
// a callback may be, and refuses any other value there; a call with more arguments than Node's function takes is Node's.
import { FUNCTIONS, type CallbackName } from '../functions.js'

/** Options of Node's: an object that is nothing else. */
function isOptions(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value)
}

/** What follows the arguments of a function that has no options in Node: with neither of the two, it is Node's to refuse. */
function isDeadline(value: unknown): boolean {
  return isOptions(value) && ('signal' in (value as object) || 'timeout' in (value as object))
}

/** Whether a call of the right shape has a deadline where Node's function has no place for one. */
export function hasDeadlineBehind(name: CallbackName, given: readonly unknown[]): boolean {
  const count = name === 'write' && typeof given[1] === 'string' ? TEXT_ARGUMENTS : FUNCTIONS[name].arguments
  return given.length - 1 > count
}
/** fs.write of a text: descriptor, text, position, encoding. */
const TEXT_ARGUMENTS = 4

/** Tells whether a call has the shape of one of Node's, or of one with a deadline at its end. */
export function shapeOf(name: CallbackName): (given: readonly unknown[]) => boolean {
  const { arguments: count, options = false } = FUNCTIONS[name]
  return (given) => {
    const last = given.length - 1
    for (let index = 0; index < last; index++) if (typeof given[index] === 'function') return false
    const isShort = last <= count || (last === count + 1 && !options && isDeadline(given[last - 1]))
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
  if (typeof first === 'string') return given.length <= 3 || (given.length === 4 && isDeadline(given[3]))
  return second !== null || third === undefined
}
