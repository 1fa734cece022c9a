// ④ driver — node: the functions of node:fs as they were when this was loaded. trueaio/register loads it before it puts this
// package's functions in their place: calls that are left to Node must not return to the drop-in.
import type * as fs from 'node:fs'

// Not by `import`: an ES module's import asks for all names of a built-in one, and so loads streams, 10 % of an empty program.
const module = process.getBuiltinModule('node:fs')

/** Classes of streams. Node loads them when somebody first asks. */
const STREAMS: readonly string[] = ['ReadStream', 'WriteStream', 'FileReadStream', 'FileWriteStream', 'Utf8Stream']
const copy: Record<string, unknown> = {}
const unread = new Map<string, PropertyDescriptor>()
let streamRead: unknown

/** Takes the classes as they are now. */
function readClasses(): void {
  const classes = [...unread]
  unread.clear()
  for (const [name, descriptor] of classes) {
    Object.defineProperty(copy, name, { value: descriptor.get?.call(module) as unknown, writable: true, enumerable: true, configurable: true })
  }
  streamRead = Reflect.get((copy['ReadStream'] as typeof fs.ReadStream).prototype, '_read')
}

for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(module) as Record<string, PropertyDescriptor>)) {
  if (descriptor.get !== undefined && descriptor.configurable === true && STREAMS.includes(name)) {
    unread.set(name, descriptor)
    Object.defineProperty(copy, name, {
      get: () => {
        readClasses()
        return copy[name]
      },
      enumerable: true, configurable: true,
    })
  } else if (descriptor.enumerable === true) copy[name] = module[name as keyof typeof fs]
}

/** The functions of node:fs. */
export const nodeFs: Readonly<typeof fs> = copy as unknown as typeof fs
/** The module object itself, which every `require` and default import shares. */
export const sharedFs: typeof fs = module

/** How Node's streams of files read. A program may put another function there. */
export function nodeStreamRead(): unknown {
  if (streamRead === undefined) readClasses()
  return streamRead
}

/** For trueaio/register: takes the classes before the program can change any of them, and no earlier. */
export function readClassesFirst(): void {
  const standing: { readonly name: string, readonly original: PropertyDescriptor, readonly get: () => unknown }[] = []
  const taken = (): void => {
    if (unread.size > 0) readClasses()
    // Each that nobody has put another in the place of.
    for (const { name, original, get } of standing.splice(0)) {
      if (Object.getOwnPropertyDescriptor(module, name)?.get === get) Object.defineProperty(module, name, original)
    }
  }
  for (const [name, original] of unread) {
    const get = (): unknown => {
      taken()
      return original.get?.call(module)
    }
    const set = (value: unknown): void => {
      taken()
      Reflect.set(module, name, value)
    }
    standing.push({ name, original, get })
    Object.defineProperty(module, name, { get, ...(original.set !== undefined && { set }), enumerable: original.enumerable === true, configurable: true })
  }
}
