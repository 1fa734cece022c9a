// ① interface — addresses as users write them: 'host:port:tcp', ':8080', '[::1]:53:udp', a path, '@abstract', or an object.
// What comes out names one protocol and one place; resolve.ts makes socket addresses of it.
import type { IpAddress } from '../operation/address.js'
import { checkInteger, invalidArgType, invalidArgValue } from '../operation/arguments.js'

export type Protocol = 'tcp' | 'udp'

/** A host and a port. */
export interface HostAddress {
  /** A name, an IPv4 or an IPv6 address. Empty: any address to listen on, this machine to connect to. Default: empty. */
  readonly host?: string | undefined
  /** 0 to 65535; 0: any free one, to listen on. */
  readonly port: number
  /** 4 or 6: only addresses of that family. 0: both. Default: 0. */
  readonly family?: 0 | 4 | 6 | undefined
  /** Default: what the function is for. */
  readonly protocol?: Protocol | undefined
}

/** A Unix socket. */
export interface PathAddress {
  /** Its path; a path that begins with NUL or '@' is an abstract name of Linux. */
  readonly path: string
}

/** An address, as text, as a port, as its parts, or as a server or connection has it. */
export type AddressArgument = string | number | HostAddress | PathAddress | IpAddress

/** One place, checked. */
export type Place =
  | { readonly kind: 'host', readonly host: string, readonly port: number, readonly family: 0 | 4 | 6, readonly protocol: Protocol }
  | { readonly kind: 'path', readonly path: string }

const FORMS = "'host:port', 'host:port:tcp', 'host:port:udp', '[::1]:port', ':port', a port, a path with a '/', '@name', { host, port } or { path }"
/** sun_path of sockaddr_un, with its last NUL. */
const PATH_BYTES_MAX = 108
const HOST_AND_PORT = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})(?::(tcp|udp))?$/

/**
 * Reads an address.
 * @param protocol what a host and port mean here; another one in the address is refused
 * @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE
 */
export function parseAddress(address: AddressArgument, protocol: Protocol): Place {
  if (typeof address === 'number') return hostPlace({ port: address }, protocol, address)
  if (typeof address === 'string') return parseText(address, protocol)
  if (typeof address !== 'object' || (address as unknown) === null) throw invalidArgType('address', 'of type string, number or object', address)
  const { path } = address as { readonly path?: unknown }
  if (path !== undefined) return pathPlace(path)
  return hostPlace(isIpAddress(address) ? partsOf(address) : address as HostAddress, protocol, address)
}

function isIpAddress(address: object): address is IpAddress {
  const { address: name, family } = address as Partial<IpAddress>
  return typeof name === 'string' && (family === 'IPv4' || family === 'IPv6')
}

function partsOf({ address, family, port, scopeId }: IpAddress): HostAddress {
  return { host: scopeId > 0 ? `${address}%${String(scopeId)}` : address, port, family: family === 'IPv4' ? 4 : 6 }
}

function parseText(text: string, protocol: Protocol): Place {
  if (text.startsWith('\0') || text.startsWith('@') || text.includes('/')) return pathPlace(text)
  const [, bracketed, plain, port, given] = HOST_AND_PORT.exec(text) ?? []
  if (port === undefined) throw invalidArgValue('address', text, `must be one of ${FORMS}`)
  return hostPlace({ host: bracketed ?? plain, port: Number(port), protocol: given as Protocol | undefined }, protocol, text)
}

function hostPlace({ host = '', port, family = 0, protocol }: HostAddress, wanted: Protocol, given: unknown): Place {
  if (typeof host !== 'string') throw invalidArgType('address.host', 'of type string', host)
  if (host.includes('\0')) throw invalidArgValue('address.host', host, 'must be a string without null bytes')
  checkInteger(port, 'address.port', 0, 65535)
  if (family as number !== 0 && family as number !== 4 && family as number !== 6) throw invalidArgValue('address.family', family, 'must be one of: 0, 4, 6')
  if (protocol !== undefined && protocol !== wanted) {
    const where = wanted === 'tcp' ? 'listen() and connect() take it' : 'datagram() takes it'
    throw invalidArgValue('address', given, `must name ${wanted}: ${where}`)
  }
  return { kind: 'host', host, port, family, protocol: wanted }
}

function pathPlace(path: unknown): Place {
  if (typeof path !== 'string') throw invalidArgType('address.path', 'of type string', path)
  const name = path.startsWith('@') ? `\0${path.slice(1)}` : path
  const isAbstract = name.startsWith('\0')
  if (name.length === 0 || (!isAbstract && name.includes('\0'))) throw invalidArgValue('address.path', path, 'must be a string that is not empty, without null bytes behind its first character')
  // A path needs a NUL behind it; an abstract name is as long as it is.
  const bytes = Buffer.byteLength(name) + (isAbstract ? 0 : 1)
  if (bytes > PATH_BYTES_MAX) throw invalidArgValue('address.path', path, `must have at most ${String(PATH_BYTES_MAX - (isAbstract ? 0 : 1))} bytes`)
  return { kind: 'path', path: name }
}

/** The address as text, as `parseAddress` reads it. */
export function describePlace(place: Place): string {
  if (place.kind === 'path') return place.path.startsWith('\0') ? `@${place.path.slice(1)}` : place.path
  return `${place.host.includes(':') ? `[${place.host}]` : place.host}:${String(place.port)}:${place.protocol}`
}
