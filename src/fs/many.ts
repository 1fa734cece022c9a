// ① interface — more than Node has: many files read or looked at, some at a time, as they are consumed.
import type { PathLike, Stats } from 'node:fs'
import { checkInteger, invalidArgValue } from '../operation/arguments.js'
import promises from './promises.js'
import type { Deadline } from './request.js'

export interface ManyOptions extends Deadline {
  /** Files on their way at once, 1 to 65536. Default: 64. */
  readonly concurrency?: number
  /** 'given': results in the order of the paths; 'as they come': each as soon as it is there. Default: 'given'. */
  readonly order?: 'given' | 'as they come'
}

/** What came of one path. A file that fails does not end the others. */
export type ManyResult<Value> = PromiseSettledResult<Value> & { readonly path: PathLike }

type Paths = Iterable<PathLike> | AsyncIterable<PathLike>

/**
 * Reads many files whole. Yields `{ path, status, value | reason }` for each; never holds more than `concurrency` results.
 * A deadline counts for each file by itself. Leaving the loop waits for the files that are on their way.
 * @throws ERR_OUT_OF_RANGE, ERR_INVALID_ARG_VALUE
 */
export function readFiles(paths: Paths, options: ManyOptions & { readonly encoding: BufferEncoding }): AsyncGenerator<ManyResult<string>, void, undefined>
export function readFiles(paths: Paths, options?: ManyOptions): AsyncGenerator<ManyResult<Buffer>, void, undefined>
export function readFiles(paths: Paths, options: ManyOptions & { readonly encoding?: BufferEncoding } = {}): AsyncGenerator<ManyResult<string | Buffer>, void, undefined> {
  return many<string | Buffer>(paths, options, (path) => promises.readFile(path, options as { encoding: BufferEncoding }))
}

/** Stats of many paths, as `readFiles` reads them. @throws ERR_OUT_OF_RANGE, ERR_INVALID_ARG_VALUE */
export function statMany(paths: Paths, options: ManyOptions = {}): AsyncGenerator<ManyResult<Stats>, void, undefined> {
  const { signal, timeout } = options
  return many<Stats>(paths, options, (path) => promises.stat(path, { signal, timeout }) as Promise<Stats>)
}

/** One on its way, or there. */
interface Started<Value> {
  readonly ended: Promise<void>
  result: ManyResult<Value> | undefined
}

function many<Value>(paths: Paths, { concurrency = 64, order = 'given' }: ManyOptions, run: (path: PathLike) => Promise<Value>): AsyncGenerator<ManyResult<Value>, void, undefined> {
  checkInteger(concurrency, 'concurrency', 1, 65536)
  const orders: readonly unknown[] = ['given', 'as they come']
  if (!orders.includes(order)) throw invalidArgValue('order', order, 'must be \'given\' or \'as they come\'')
  return order === 'given' ? inOrder(paths, concurrency, run) : asTheyCome(paths, concurrency, run)
}

function start<Value>(path: PathLike, run: (path: PathLike) => Promise<Value>, whenThere?: () => void): Started<Value> {
  const started: Started<Value> = {
    result: undefined,
    ended: run(path).then(
      (value) => { started.result = { path, status: 'fulfilled', value } },
      (reason: unknown) => { started.result = { path, status: 'rejected', reason } },
    ).then(whenThere),
  }
  return started
}

async function* inOrder<Value>(paths: Paths, concurrency: number, run: (path: PathLike) => Promise<Value>): AsyncGenerator<ManyResult<Value>, void, undefined> {
  const started: Started<Value>[] = []
  const takeFirst = async (): Promise<ManyResult<Value>> => {
    const first = started.shift() as Started<Value> // asked for only while there is one
    await first.ended
    return first.result as ManyResult<Value> // there, as it has ended
  }
  try {
    for await (const path of paths) {
      started.push(start(path, run))
      if (started.length === concurrency) yield await takeFirst()
    }
    while (started.length > 0) yield await takeFirst()
  } finally {
    await Promise.all(started.map(({ ended }) => ended))
  }
}

async function* asTheyCome<Value>(paths: Paths, concurrency: number, run: (path: PathLike) => Promise<Value>): AsyncGenerator<ManyResult<Value>, void, undefined> {
  const onTheirWay = new Set<Started<Value>>()
  const there: Started<Value>[] = []
  let wake: (() => void) | undefined
  const begin = (path: PathLike): void => {
    const one = start(path, run, () => {
      onTheirWay.delete(one)
      there.push(one)
      wake?.()
    })
    onTheirWay.add(one)
  }
  const takeNext = async (): Promise<ManyResult<Value>> => {
    if (there.length === 0) await new Promise<void>((resolve) => { wake = resolve })
    wake = undefined
    return (there.shift() as Started<Value>).result as ManyResult<Value> // what woke this put one there
  }
  try {
    for await (const path of paths) {
      begin(path)
      if (onTheirWay.size + there.length === concurrency) yield await takeNext()
    }
    while (onTheirWay.size + there.length > 0) yield await takeNext()
  } finally {
    await Promise.all([...onTheirWay].map(({ ended }) => ended))
  }
}
