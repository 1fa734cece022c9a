// ① interface — the ends of `trueaio transfer`, as they are written in a shell. Where no driver has sockets, they are those of node:net,
// and standard input and output are Node's streams: they may be sockets or pipes on which one has to wait.
import { createConnection, type Socket } from 'node:net'
import type { TransferSource, TransferTarget } from '../../transfer/index.js'
import { Refusal, UsageError } from '../command.js'
import { exactWord } from './words.js'

/** Which bytes of a file, and what goes with a request. */
export interface EndWishes {
  readonly offset: number | undefined
  readonly length: number | undefined
  readonly headers: Readonly<Record<string, string>> | undefined
  readonly method?: string | undefined
}

/** An end that is recognised. Sockets of node:net are opened with it. */
export type NamedEnd =
  | { readonly kind: 'stdio' } | { readonly kind: 'http', readonly url: URL } | { readonly kind: 'package', readonly url: string }
  | { readonly kind: 'tcp', readonly host: string, readonly port: number } | { readonly kind: 'udp', readonly address: string } | { readonly kind: 'unix', readonly path: string }
  | { readonly kind: 'file', readonly path: string | Buffer }

const SCHEME = /^([a-z][a-z0-9+.-]*):\/\//i
const ADDRESS = /^([^/]*):(\d{1,5}):(tcp|udp)$/
const PORT_MAX = 65_535
const FORMS = "a path, '-', tcp://host:port, udp://host:port, unix:/path, http://…, https://…, s3://bucket/key or file:///path"

function portOf(text: string, word: string): number {
  const port = Number(text)
  if (!/^\d+$/.test(text) || port > PORT_MAX || port === 0) throw new UsageError(`'${word}' has no port: expected host:port with a port from 1 to 65535`)
  return port
}

/** @throws UsageError */
export function namedEnd(word: string): NamedEnd {
  if (word === '') throw new UsageError(`an end is empty: expected ${FORMS}`)
  if (word === '-') return { kind: 'stdio' }
  const [, host, port, protocol] = ADDRESS.exec(word) ?? []
  if (host !== undefined && port !== undefined) return protocol === 'udp' ? { kind: 'udp', address: word } : { kind: 'tcp', host: host.replace(/^\[|\]$/g, ''), port: portOf(port, word) }
  if (word.startsWith('unix:')) return { kind: 'unix', path: word.replace(/^unix:(\/\/)?/, '') }
  const [, scheme] = SCHEME.exec(word) ?? []
  if (scheme === undefined) return { kind: 'file', path: exactWord(word) }
  switch (scheme.toLowerCase()) {
    case 'tcp': case 'udp': {
      const rest = /^(?:\[([^\]]+)\]|([^:/]*)):(\d+)\/?$/.exec(word.slice(scheme.length + 3))
      if (rest === null) throw new UsageError(`'${word}' has no port: expected ${scheme}://host:port`)
      const name = rest[1] ?? rest[2] ?? ''
      const number = portOf(rest[3] ?? '', word)
      return scheme.toLowerCase() === 'tcp' ? { kind: 'tcp', host: name, port: number } : { kind: 'udp', address: `${name.includes(':') ? `[${name}]` : name}:${String(number)}:udp` }
    }
    case 'http': case 'https': case 'file': {
      if (!URL.canParse(word)) throw new UsageError(`'${word}' is not a URL: expected ${FORMS}`)
      return scheme.toLowerCase() === 'file' ? { kind: 'package', url: word } : { kind: 'http', url: new URL(word) }
    }
    case 's3': return { kind: 'package', url: word }
    default: throw new UsageError(`'${word}' has the scheme '${scheme}', which is not supported: expected ${FORMS}`)
  }
}

/** Whether the engine has sockets here: without the addon it has none. */
export async function hasSockets(): Promise<boolean> {
  const [{ defaultProactor }, { nop }] = await Promise.all([import('../../default-proactor.js'), import('../../operation/timer.js')])
  const io = defaultProactor()
  await io.submit(nop())
  return io.explain().find(({ state }) => state === 'in use')?.name !== 'node'
}

function connected(end: Extract<NamedEnd, { readonly kind: 'tcp' | 'unix' }>): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = end.kind === 'unix' ? createConnection({ path: end.path }) : createConnection({ host: end.host, port: end.port })
    socket.once('error', (error) => reject(new Refusal(error.message)))
    socket.once('connect', () => resolve(socket))
  })
}

async function socketEnd(end: NamedEnd, isEngine: boolean): Promise<string | Socket | undefined> {
  if (end.kind === 'udp') {
    if (!isEngine) throw new Refusal('datagrams need the addon, which does not load here: run `trueaio probe` for the reason')
    return end.address
  }
  if (end.kind !== 'tcp' && end.kind !== 'unix') return undefined
  if (!isEngine) return connected(end)
  return end.kind === 'unix' ? `unix:${end.path}` : `${end.host.includes(':') ? `[${end.host}]` : end.host}:${String(end.port)}:tcp`
}

function fileOrUrl(end: NamedEnd, { offset, length, headers, method }: EndWishes): string | Buffer | { readonly file: string | Buffer } | { readonly url: URL } {
  const isRange = offset !== undefined || length !== undefined
  if (end.kind === 'file') {
    // A name that looks like an address cannot come here; one that begins like a scheme is given as it stands.
    return isRange ? { file: end.path, ...offset === undefined ? {} : { offset }, ...length === undefined ? {} : { length } } : { file: end.path }
  }
  if (isRange) throw new UsageError('--offset, --length and --at are for files')
  if (end.kind === 'http') return { url: end.url, ...headers === undefined ? {} : { headers }, ...method === undefined ? {} : { method } }
  return end.kind === 'stdio' ? '-' : (end as { readonly url: string }).url
}

/** @throws Refusal, UsageError */
export async function sourceOf(end: NamedEnd, wishes: EndWishes, isEngine: boolean): Promise<TransferSource> {
  if (end.kind === 'stdio' && !isEngine && wishes.offset === undefined && wishes.length === undefined) return process.stdin
  return await socketEnd(end, isEngine) ?? fileOrUrl(end, wishes)
}

/** @throws Refusal, UsageError */
export async function targetOf(end: NamedEnd, wishes: EndWishes, isEngine: boolean): Promise<TransferTarget> {
  if (end.kind === 'stdio' && !isEngine && wishes.offset === undefined) return process.stdout
  return await socketEnd(end, isEngine) ?? fileOrUrl(end, wishes)
}
