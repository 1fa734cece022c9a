// Calls every function of fs with wrong values in each place, too few arguments and options of wrong types, and prints as JSON how each
// call ended: thrown, told, rejected or done, and with which code. `node` or `ours` says whose functions.
import fs from 'node:fs'
import promises, { type FileHandle } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ourFs from 'trueaio/fs'
import ourPromises from 'trueaio/fs/promises'

type Callable = (...given: unknown[]) => unknown
type Given = readonly unknown[]

/** What a call is made on: each has a directory and a descriptor of its own. */
interface Place {
  readonly at: (name: string) => string
  readonly fd: number
}

interface Shape {
  /** Arguments with which it works. */
  readonly right: (place: Place) => Given
  /** Options of these names are given wrong values. The options are the last argument. */
  readonly keys?: readonly string[]
  readonly only?: 'callbacks' | 'promises'
}

const view = (): Buffer => Buffer.alloc(4)
const text = ({ at }: Place): string => at('text')
const SHAPES: Readonly<Record<string, Shape>> = {
  access: { right: (p) => [text(p), 4] },
  appendFile: { right: (p) => [text(p), 'x', {}], keys: ['encoding', 'mode', 'flag', 'flush'] },
  chmod: { right: (p) => [text(p), 0o600] },
  chown: { right: (p) => [text(p), -1, -1] },
  close: { right: ({ fd }) => [fd], only: 'callbacks' },
  copyFile: { right: (p) => [text(p), p.at('copy'), 0] },
  cp: { right: (p) => [p.at('tree'), p.at('copy'), { recursive: true }], keys: ['recursive', 'force', 'errorOnExist', 'dereference', 'verbatimSymlinks', 'preserveTimestamps', 'mode', 'filter'] },
  exists: { right: (p) => [text(p)], only: 'callbacks' },
  fchmod: { right: ({ fd }) => [fd, 0o600], only: 'callbacks' },
  fchown: { right: ({ fd }) => [fd, -1, -1], only: 'callbacks' },
  fdatasync: { right: ({ fd }) => [fd], only: 'callbacks' },
  fstat: { right: ({ fd }) => [fd, {}], keys: ['bigint'], only: 'callbacks' },
  fsync: { right: ({ fd }) => [fd], only: 'callbacks' },
  ftruncate: { right: ({ fd }) => [fd, 3], only: 'callbacks' },
  futimes: { right: ({ fd }) => [fd, 1, 2], only: 'callbacks' },
  lchown: { right: (p) => [text(p), -1, -1] },
  link: { right: (p) => [text(p), p.at('second')] },
  lstat: { right: (p) => [text(p), {}], keys: ['bigint', 'throwIfNoEntry'] },
  lutimes: { right: (p) => [text(p), 1, 2] },
  mkdir: { right: (p) => [p.at('new'), {}], keys: ['mode', 'recursive'] },
  mkdtemp: { right: (p) => [p.at('new-'), {}], keys: ['encoding'] },
  open: { right: (p) => [text(p), 'r', 0o600] },
  opendir: { right: (p) => [p.at(''), {}], keys: ['encoding', 'bufferSize', 'recursive'] },
  read: { right: ({ fd }) => [fd, view(), 0, 4, 0], only: 'callbacks' },
  readdir: { right: (p) => [p.at(''), {}], keys: ['encoding', 'withFileTypes', 'recursive'] },
  readFile: { right: (p) => [text(p), {}], keys: ['encoding', 'flag'] },
  readlink: { right: (p) => [p.at('link'), {}], keys: ['encoding'] },
  readv: { right: ({ fd }) => [fd, [view()], 0], only: 'callbacks' },
  realpath: { right: (p) => [p.at('link'), {}], keys: ['encoding'] },
  rename: { right: (p) => [text(p), p.at('moved')] },
  rm: { right: (p) => [text(p), {}], keys: ['force', 'recursive', 'maxRetries', 'retryDelay'] },
  rmdir: { right: (p) => [p.at('vacant'), {}], keys: ['recursive', 'maxRetries', 'retryDelay'] },
  stat: { right: (p) => [text(p), {}], keys: ['bigint', 'throwIfNoEntry'] },
  statfs: { right: (p) => [text(p), {}], keys: ['bigint'] },
  symlink: { right: (p) => ['text', p.at('linked'), 'file'] },
  truncate: { right: (p) => [text(p), 3] },
  unlink: { right: (p) => [text(p)] },
  utimes: { right: (p) => [text(p), 1, 2] },
  write: { right: ({ fd }) => [fd, view(), 0, 4, 0], only: 'callbacks' },
  writeFile: { right: (p) => [text(p), 'x', {}], keys: ['encoding', 'mode', 'flag', 'flush'] },
  writev: { right: ({ fd }) => [fd, [view()], 0], only: 'callbacks' },
  // Methods of a FileHandle: what comes behind it.
  'handle.appendFile': { right: () => ['x', {}], keys: ['encoding', 'flush'], only: 'promises' },
  'handle.chmod': { right: () => [0o600], only: 'promises' },
  'handle.chown': { right: () => [-1, -1], only: 'promises' },
  'handle.datasync': { right: () => [], only: 'promises' },
  'handle.read': { right: () => [view(), 0, 4, 0], only: 'promises' },
  'handle.readFile': { right: () => [{}], keys: ['encoding'], only: 'promises' },
  'handle.readv': { right: () => [[view()], 0], only: 'promises' },
  'handle.stat': { right: () => [{}], keys: ['bigint'], only: 'promises' },
  'handle.sync': { right: () => [], only: 'promises' },
  'handle.truncate': { right: () => [3], only: 'promises' },
  'handle.utimes': { right: () => [1, 2], only: 'promises' },
  'handle.write': { right: () => [view(), 0, 4, 0], only: 'promises' },
  'handle.writeFile': { right: () => ['x', {}], keys: ['encoding', 'flush'], only: 'promises' },
  'handle.writev': { right: () => [[view()], 0], only: 'promises' },
}

/** Stands for the callback. */
const BACK = Symbol('back')
/** Stands for a function in another place, which Node may take for the callback. */
const OTHER = Symbol('other')

const WRONG: Readonly<Record<string, unknown>> = {
  'undefined': undefined, 'null': null, 'true': true, '-1': -1, '2 ** 40': 2 ** 40, '1.5': 1.5, '[]': [], '{}': {}, 'a Date': new Date(0), "'x'": 'x', 'a function': OTHER,
}
const WRONG_OPTIONS: Readonly<Record<string, unknown>> = { 'undefined': undefined, 'null': null, "'x'": 'x', '-1': -1, '{}': {} }
const NO_CALLBACK: Readonly<Record<string, unknown>> = { 'undefined': undefined, 'null': null, '5': 5, '{}': {}, "'x'": 'x' }

interface Call {
  readonly title: string
  readonly name: string
  readonly face: 'callbacks' | 'promises'
  readonly given: (place: Place) => Given
}

function callsOf(name: string, { right, keys = [] }: Shape, face: Call['face'], count: number): Call[] {
  const calls: Call[] = []
  const add = (what: string, given: (place: Place) => Given): void => {
    calls.push({ title: `${face} ${name}: ${what}`, name, face, given })
  }
  const back = face === 'callbacks' ? [BACK] : []
  add('right', (place) => [...right(place), ...back])
  for (let index = 0; index < count; index++) {
    for (const [title, value] of Object.entries(WRONG)) add(`argument ${String(index)} is ${title}`, (place) => [...right(place).slice(0, index), value, ...right(place).slice(index + 1), ...back])
    add(`${String(index)} arguments`, (place) => [...right(place).slice(0, index), ...back])
    if (face === 'callbacks') add(`${String(index)} arguments, no callback`, (place) => right(place).slice(0, index))
  }
  for (const key of keys) {
    for (const [title, value] of Object.entries(WRONG_OPTIONS)) {
      add(`${key} is ${title}`, (place) => [...right(place).slice(0, -1), { ...right(place)[count - 1] as object, [key]: value }, ...back])
    }
  }
  if (face === 'callbacks') {
    for (const [title, value] of Object.entries(NO_CALLBACK)) add(`the callback is ${title}`, (place) => [...right(place), value])
    for (const [title, value] of Object.entries(WRONG)) if (typeof value === 'object' || value === 'x') add(`${title} before the callback`, (place) => [...right(place), value, ...back])
  } else {
    for (const [title, value] of Object.entries(WRONG)) add(`${title} behind`, (place) => [...right(place), value])
  }
  return calls
}

function codeOf(error: unknown): string {
  const { name, code } = (error ?? {}) as NodeJS.ErrnoException
  return `${name} ${String(code)}`
}

/** Longer than any of them takes: some never call back. */
const PATIENCE_MS = 2000
const AT_ONCE = 64

const root = fs.mkdtempSync(join(tmpdir(), 'trueaio-arguments-'))
fs.mkdirSync(join(root, 'empty'))
fs.writeFileSync(join(root, 'open'), 'some text')
const shared = fs.openSync(join(root, 'open'), 'r+')
let made = 0

/** Names of a call's own; what is to be there is made when it is asked for. */
function placeFor(name: string): Place {
  const own = String(made++)
  const there = new Set<string>()
  const make: Readonly<Record<string, (path: string) => void>> = {
    text: (path) => fs.writeFileSync(path, 'some text'), vacant: (path) => fs.mkdirSync(path), tree: (path) => fs.mkdirSync(path), link: (path) => fs.symlinkSync('open', path),
  }
  const at = (file: string): string => {
    if (file === '') return join(root, 'empty')
    const path = join(root, `${own}-${file}`)
    if (!there.has(file)) make[file]?.(path)
    there.add(file)
    return path
  }
  return { at, fd: name === 'close' ? fs.openSync(join(root, 'open'), 'r') : shared }
}

function outcomeOf({ name, face, given }: Call, io: typeof fs, handles: typeof promises, handle: FileHandle): Promise<string> {
  return new Promise<string>((resolve) => {
      const timer = setTimeout(() => resolve('nothing'), PATIENCE_MS)
      const end = (how: string): void => {
        clearTimeout(timer)
        resolve(how)
      }
      const told = (whom: string) => (error: unknown): void => {
        end(whom + (typeof error === 'boolean' ? String(error) : error === null || error === undefined ? 'done' : `told ${codeOf(error)}`))
      }
      const callable = given(placeFor(name)).map((value) => (value === BACK ? told('') : value === OTHER ? told('the other: ') : value))
      try {
        const owner = (name.startsWith('handle.') ? handle : face === 'callbacks' ? io : handles) as unknown as Record<string, Callable>
        const method = name.replace('handle.', '')
        const work = owner[method]?.(...callable)
        if (face === 'promises') (work as Promise<unknown>).then((result) => {
          const isHandle = typeof result === 'object' && result !== null && 'close' in result
          if (isHandle) void (result as FileHandle).close()
          end('done')
        }, (error: unknown) => end(`rejected ${codeOf(error)}`))
      } catch (error) {
        end(`thrown ${codeOf(error)}`)
      }
  })
}

const isOurs = process.argv[2] === 'ours'
const io = (isOurs ? ourFs : fs) as typeof fs
const handles = (isOurs ? ourPromises : promises)
const calls = Object.entries(SHAPES).flatMap(([name, shape]) => (['callbacks', 'promises'] as const).flatMap((face) => {
  const isThere = (shape.only ?? face) === face && (face === 'promises' || name !== 'realpath')
  return isThere ? callsOf(name, shape, face, shape.right({ at: (name) => name, fd: 0 }).length) : []
}))
const outcomes: Record<string, string> = {}
/** Calls with which Node ends the process: fatal-arguments.test.ts has what ours do. */
const FATAL = /^promises handle\.read: argument 2 is|opendir: bufferSize/
process.on('uncaughtException', (error) => {
  outcomes[`uncaught ${codeOf(error)}`] = 'uncaught'
})
const handle = await handles.open(join(root, 'open'), 'r+')
const swept = calls.filter(({ title }) => !FATAL.test(title))
const carryOut = async (call: Call): Promise<void> => {
  outcomes[call.title] = await outcomeOf(call, io, handles, handle)
}
// One file in the current directory for all of these: each finds it missing, whatever those before have made of it.
const [alone, together] = [swept.filter(({ title }) => title.endsWith("is 'x'")), swept.filter(({ title }) => !title.endsWith("is 'x'"))]
for (let begin = 0; begin < together.length; begin += AT_ONCE) await Promise.all(together.slice(begin, begin + AT_ONCE).map(carryOut))
for (const call of alone) {
  fs.rmSync('x', { recursive: true, force: true })
  await carryOut(call)
}
fs.closeSync(shared)
await handle.close()
fs.rmSync(root, { recursive: true, force: true })
process.stdout.write(JSON.stringify(outcomes), () => process.exit())
