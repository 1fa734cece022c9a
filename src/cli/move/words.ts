// ① interface — what the shell gave as bytes: Node makes text of it, in which a name that is not UTF-8 leads nowhere.
import { readFileSync } from 'node:fs'

const REPLACEMENT = '\ufffd'

/** The word as it was given, or its bytes where the text is not the whole truth. */
export function exactWord(word: string): string | Buffer {
  if (!word.includes(REPLACEMENT)) return word
  try {
    const all = readFileSync('/proc/self/cmdline')
    for (let at = 0; at < all.length;) {
      const end = all.indexOf(0, at)
      const bytes = all.subarray(at, end < 0 ? all.length : end)
      if (bytes.toString() === word) return Buffer.from(bytes)
      at += bytes.length + 1
    }
  } catch {
    // Another system: what Node made of it is all there is.
  }
  return word
}

/** The same path below a directory, as text if both are. */
export function joined(directory: string | Buffer, name: string | Buffer): string | Buffer {
  if (typeof directory === 'string' && typeof name === 'string') return directory.endsWith('/') ? `${directory}${name}` : `${directory}/${name}`
  return Buffer.concat([Buffer.from(directory), Buffer.from('/'), Buffer.from(name)])
}

/** The last name of a path, without slashes behind it. Empty: it has none, as `/`, `.` and `..`. */
export function lastName(path: string | Buffer): string | Buffer {
  const bytes = Buffer.from(path)
  let end = bytes.length
  while (end > 0 && bytes[end - 1] === 0x2f) end--
  const name = bytes.subarray(bytes.subarray(0, end).lastIndexOf(0x2f) + 1, end)
  if (typeof path !== 'string') return name
  const text = name.toString()
  return text === '.' || text === '..' ? '' : text
}

/** The directory that a path is in. */
export function directoryOf(path: string | Buffer): string | Buffer {
  const bytes = Buffer.from(path)
  let end = bytes.length
  while (end > 1 && bytes[end - 1] === 0x2f) end--
  const at = bytes.subarray(0, end).lastIndexOf(0x2f)
  const directory = at < 0 ? Buffer.from('.') : at === 0 ? Buffer.from('/') : bytes.subarray(0, at)
  return typeof path === 'string' ? directory.toString() : directory
}

export function shown(path: string | Buffer): string {
  return typeof path === 'string' ? path : path.toString()
}
