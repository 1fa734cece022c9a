// ① interface — what a request asks for: its target as names below the root. What could lead elsewhere is refused here, before anything is opened.

/** A path below the root. */
export interface Wanted {
  /** Decoded: bytes, as names of files are. None: the root itself. */
  readonly names: readonly Buffer[]
  /** A directory is asked for. */
  readonly endsWithSlash: boolean
  /** With its question mark; empty: none. */
  readonly query: string
}

/** Why it is refused, as a status of HTTP. */
export type RefusedPath = 400 | 404

const SLASH = 0x2f
const DOT = 0x2e
const PERCENT = 0x25
const ORIGIN = /^https?:\/\/[^/?#]*/i

/** Percent signs decoded once. Undefined: what follows one is no byte. */
function decoded(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'latin1')
  let length = 0
  for (let at = 0; at < bytes.length; at++) {
    let byte = bytes[at] as number // below its length
    if (byte === PERCENT) {
      const digits = text.slice(at + 1, at + 3)
      if (!/^[0-9a-f]{2}$/i.test(digits)) return undefined
      byte = Number.parseInt(digits, 16)
      at += 2
    }
    bytes[length++] = byte
  }
  return bytes.subarray(0, length)
}

/** Names that mean something else than a file of that name. */
function leadsElsewhere(name: Buffer): boolean {
  if (name.includes(0) || name.includes(SLASH)) return true
  if (name[0] === DOT && (name.length === 1 || (name.length === 2 && name[1] === DOT))) return true
  // Windows: drives, streams, devices, and names that lose their end.
  return process.platform === 'win32' && /[\\:*?"<>|]|[. ]$|^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(name.toString('latin1'))
}

/** @param hasDotFiles names that begin with a dot are served */
export function wantedOf(target: string, hasDotFiles: boolean): Wanted | RefusedPath {
  const path = target.replace(ORIGIN, '')
  const at = path.indexOf('?')
  const query = at < 0 ? '' : path.slice(at)
  const text = (at < 0 ? path : path.slice(0, at)) || '/'
  if (!text.startsWith('/')) return 400
  const names: Buffer[] = []
  for (const part of text.split('/')) {
    if (part === '') continue // one slash or several are the same, as for the system
    const name = decoded(part)
    if (name === undefined || leadsElsewhere(name)) return 400
    if (name[0] === DOT && !hasDotFiles) return 404
    names.push(name)
  }
  return { names, endsWithSlash: text.endsWith('/'), query }
}

/** A name as a part of a URL's path. */
export function encodedName(name: Buffer): string {
  let text = ''
  for (const byte of name) text += /[\w.~-]/.test(String.fromCharCode(byte)) ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  return text
}
