// ① interface — the functions that streams are served by. Node's streams look into `fs` anew at each of their calls, so that
// whoever has put a mock, a counter or a retry there is asked, also by streams made before; ours do the same.
import type * as node from 'node:fs'
import { byteLengthOf, bytesOf } from '../../operation/view.js'
import { registered, shared } from '../node/index.js'

/** The functions with callbacks that a stream calls. */
export interface StreamFunctions {
  readonly open: typeof node.open
  readonly close: typeof node.close
  readonly read: typeof node.read
  readonly write: typeof node.write
  readonly writev: typeof node.writev
  readonly fsync: typeof node.fsync
}

/** They are what they are at the moment they are asked for. */
export interface FunctionsNow extends StreamFunctions {
  /** Whether reads may go other ways than Node's would: nobody waits for certain calls. */
  areOurs(): boolean
}

/** The default export of trueaio/fs, once it is loaded: what somebody has put there serves the streams. */
let dropIn: StreamFunctions | undefined

export function serveStreams(module: StreamFunctions): void {
  dropIn = module
}

/**
 * Of the module that the program has: under trueaio/register node:fs, otherwise the drop-in.
 * @param ours the function there unless it has been patched
 */
export function functionsNow(ours: StreamFunctions): FunctionsNow {
  const find = <Name extends keyof StreamFunctions>(name: Name): StreamFunctions[Name] => {
    const isPatched = registered.has(name) && registered.get(name) !== shared.fs[name]
    return isPatched ? shared.fs[name] : (dropIn ?? ours)[name]
  }
  const writev = writevWhole(() => find('writev'))
  return {
    get open() { return find('open') },
    get close() { return find('close') },
    get read() { return find('read') },
    get write() { return find('write') },
    writev,
    get fsync() { return find('fsync') },
    areOurs: () => find('open') === ours.open && find('read') === ours.read && find('close') === ours.close,
  }
}

/**
 * A writev that goes on behind a short one. Node's WriteStream goes on itself, but at a wrong place when the stream has a
 * `start`: it has moved its position already (in the sources of Node 20.20 and 26.12).
 */
function writevWhole(now: () => StreamFunctions['writev']): StreamFunctions['writev'] {
  const whole = (fd: number, views: readonly NodeJS.ArrayBufferView[], position: number | null | undefined, callback: WritevCallback): void => {
    let done = 0
    const goOn = (rest: readonly NodeJS.ArrayBufferView[]): void => {
      const at = typeof position === 'number' ? position + done : position
      now()(fd, rest, at as number, (error, written) => {
        done += written
        const left = error === null && written > 0 ? behind(rest, written) : []
        if (left.length > 0) goOn(left)
        else callback(error, done, views as NodeJS.ArrayBufferView[])
      })
    }
    goOn(views)
  }
  return whole as StreamFunctions['writev']
}

type WritevCallback = (error: NodeJS.ErrnoException | null, written: number, views: NodeJS.ArrayBufferView[]) => void

/** What is left of views behind so many bytes. */
function behind(views: readonly NodeJS.ArrayBufferView[], bytes: number): NodeJS.ArrayBufferView[] {
  let skip = bytes
  const left: NodeJS.ArrayBufferView[] = []
  for (const view of views) {
    const skipped = Math.min(skip, byteLengthOf(view))
    skip -= skipped
    if (skipped === 0) left.push(view)
    else if (skipped < byteLengthOf(view)) left.push(bytesOf(view, skipped))
  }
  return left
}
