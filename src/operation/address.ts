// ② operation — addresses of sockets: what a caller names, the sockaddr that the kernel takes, and back.
import { networkInterfaces } from 'node:os'
import { InetLayout, Inet6Layout, SOCKADDR_UNIX_PATH } from '../ring/layout/structures.js'
import { checkInteger, invalidArgType, invalidArgValue } from './arguments.js'
import { bytesOf } from './view.js'

/** Address families, for `socket`. */
export const SocketFamily = { AF_UNIX: 1, AF_INET: 2, AF_INET6: 10 } as const
const { AF_UNIX, AF_INET, AF_INET6 } = SocketFamily

/** An address of the internet protocols. */
export interface IpAddress {
  /** The version of the protocol. */
  readonly family: 'IPv4' | 'IPv6'
  /** The address as text. */
  readonly address: string
  /** The port, 0 to 65535. */
  readonly port: number
  /** Of a link-local IPv6 address, the index of its interface; else 0. */
  readonly scopeId: number
  /** Of IPv6; 0 for IPv4. */
  readonly flowLabel: number
}

/** An address of a Unix socket: a path, `\0name` for an abstract one, empty for one without a name. */
export interface UnixAddress {
  /** Always `'Unix'`. */
  readonly family: 'Unix'
  /** The path; empty for a socket without a name; with a leading NUL for an abstract name. */
  readonly path: string
}

/** An address as operations return it. */
export type SocketAddress = IpAddress | UnixAddress

/** An address and a port, as of `net.SocketAddress`; the address is a number and not a name. */
export interface IpAddressArgument {
  /** An IPv4 or IPv6 address as text. Names are not resolved. */
  readonly address: string
  /** The port, 0 to 65535. */
  readonly port: number
  /** Of a link-local IPv6 address, the index of its interface; or write `fe80::1%eth0`. Default: 0. */
  readonly scopeId?: number
  /** Default: 0. */
  readonly flowLabel?: number
}

/** A path, or `\0name` for an abstract one: at most 107 bytes. */
export interface UnixAddressArgument {
  /** The path, 107 bytes at most. It is abstract if it begins with a NUL. */
  readonly path: string | Uint8Array
}

/** An address as operations take it. */
export type AddressArgument = IpAddressArgument | UnixAddressArgument

/** An address as an operation keeps it: for the kernel, and for an error. */
export interface TargetAddress {
  /** The sockaddr. */
  readonly bytes: Uint8Array
  readonly family: number
  /** As given: an IP address, or a path. */
  readonly address: string
  /** Undefined: of a Unix socket. */
  readonly port: number | undefined
}

/** Bytes of the largest sockaddr (struct sockaddr_storage). */
export const SOCKADDR_BYTES_MAX = 128
/** With a NUL behind it a path fits `sun_path` of 108 bytes. */
const UNIX_PATH_MAX = 107
const UINT32_MAX = 0xffffffff
const GROUPS = 8
const PORTS = 65536

/** The family an address belongs to, for `socket`. @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE */
export function familyOf(address: AddressArgument): number {
  return checkAddress(address).family
}

/** @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE */
export function checkAddress(given: AddressArgument, name = 'address'): TargetAddress {
  if (typeof given !== 'object' || (given as object | null) === null) throw invalidArgType(name, 'an object with an address and a port, or with a path', given)
  const known = targets.get(given)
  if (known !== undefined) return known
  const { path } = given as Partial<UnixAddressArgument>
  return path === undefined ? ipTarget(given as IpAddressArgument, name) : unixTarget(path, name)
}

function ipTarget({ address, port, scopeId = 0, flowLabel = 0 }: IpAddressArgument, name: string): TargetAddress {
  if (typeof address !== 'string') throw invalidArgType(`${name}.address`, 'of type string', address)
  checkInteger(port, `${name}.port`, 0, 65535)
  const version = process.getBuiltinModule('node:net').isIP(address) // not by import: it brings streams along
  if (version === 4) return { bytes: encodeInet(address, port), family: AF_INET, address, port }
  if (version === 6) {
    const scope = checkInteger(scopeOf(address, name) ?? scopeId, `${name}.scopeId`, 0, UINT32_MAX)
    const bytes = encodeInet6(address, port, scope, checkInteger(flowLabel, `${name}.flowLabel`, 0, UINT32_MAX))
    return { bytes, family: AF_INET6, address, port }
  }
  throw invalidArgValue(`${name}.address`, address, 'must be an IPv4 or IPv6 address (names are looked up by node:dns)')
}

function encodeInet(address: string, port: number): Uint8Array {
  const bytes = Buffer.alloc(InetLayout.BYTES)
  bytes.writeUInt16LE(AF_INET, 0)
  bytes.writeUInt16BE(port, InetLayout.PORT)
  bytes.set(address.split('.').map(Number), InetLayout.ADDRESS)
  return bytes
}

function encodeInet6(address: string, port: number, scope: number, flowLabel: number): Uint8Array {
  const bytes = Buffer.alloc(Inet6Layout.BYTES)
  bytes.writeUInt16LE(AF_INET6, 0)
  bytes.writeUInt16BE(port, Inet6Layout.PORT)
  bytes.writeUInt32BE(flowLabel, Inet6Layout.FLOW)
  groupsOf(address.replace(/%.*$/, '')).forEach((group, index) => void bytes.writeUInt16BE(group, Inet6Layout.ADDRESS + 2 * index))
  bytes.writeUInt32LE(scope, Inet6Layout.SCOPE)
  return bytes
}

/** The eight groups of an IPv6 address that `isIP` has found right. */
function groupsOf(address: string): number[] {
  const [head = '', tail] = address.split('::')
  const before = groupsIn(head)
  if (tail === undefined) return before
  const after = groupsIn(tail)
  return [...before, ...new Array<number>(GROUPS - before.length - after.length).fill(0), ...after]
}

function groupsIn(part: string): number[] {
  if (part === '') return []
  return part.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)]
    const [first = 0, second = 0, third = 0, fourth = 0] = group.split('.').map(Number)
    return [first * 256 + second, third * 256 + fourth]
  })
}

/** The index of the interface that an address names behind its `%`; undefined: it names none. */
function scopeOf(address: string, name: string): number | undefined {
  const at = address.indexOf('%')
  if (at < 0) return undefined
  const zone = address.slice(at + 1)
  if (/^\d+$/.test(zone)) return Number(zone)
  const found = networkInterfaces()[zone]?.find((one) => one.family === 'IPv6')
  if (found === undefined) throw invalidArgValue(`${name}.address`, address, 'must name an interface of this machine that has an IPv6 address')
  return found.scopeid
}

function unixTarget(path: unknown, name: string): TargetAddress {
  if (typeof path !== 'string' && !(path instanceof Uint8Array)) throw invalidArgType(`${name}.path`, 'of type string or an instance of Buffer', path)
  const given = typeof path === 'string' ? Buffer.from(path) : Buffer.from(new Uint8Array(path)) // a copy: it is used later
  if (given.length > UNIX_PATH_MAX) throw invalidArgValue(`${name}.path`, path, `must be at most ${String(UNIX_PATH_MAX)} bytes`)
  const isAbstract = given[0] === 0
  if (!isAbstract && given.includes(0)) throw invalidArgValue(`${name}.path`, path, 'must be a path without null bytes, or an abstract name that begins with one')
  // The name of an abstract socket is as long as the sockaddr says, and no NUL ends it. Without any name the kernel gives one.
  const ended = isAbstract || given.length === 0 ? 0 : 1
  const bytes = Buffer.alloc(SOCKADDR_UNIX_PATH + given.length + ended)
  bytes.writeUInt16LE(AF_UNIX, 0)
  bytes.set(given, SOCKADDR_UNIX_PATH)
  return { bytes, family: AF_UNIX, address: given.toString(), port: undefined }
}

/** The address in the `length` bytes at `at`; undefined: the kernel gave none, or one of a family that is not known here. */
export function readAddress(memory: DataView, at: number, length: number): SocketAddress | undefined {
  if (length < 2) return undefined
  const family = memory.getUint16(at, true)
  if (family === AF_INET && length >= InetLayout.BYTES) return readInet(memory, at)
  if (family === AF_INET6 && length >= Inet6Layout.BYTES) {
    const groups = Array.from({ length: GROUPS }, (_, index) => memory.getUint16(at + Inet6Layout.ADDRESS + 2 * index))
    return {
      family: 'IPv6', address: textOf(groups), port: memory.getUint16(at + Inet6Layout.PORT),
      scopeId: memory.getUint32(at + Inet6Layout.SCOPE, true), flowLabel: memory.getUint32(at + Inet6Layout.FLOW),
    }
  }
  return family === AF_UNIX ? { family: 'Unix', path: unixPath(memory, at + SOCKADDR_UNIX_PATH, length - SOCKADDR_UNIX_PATH) } : undefined
}

/** Whom messages come from, and answers go to: by address and port, as one number. The result is the same frozen object each time. */
const recent = new Map<number, SocketAddress>()
const RECENT_MAX = 4096
/** Of those, what operations need. */
const targets = new WeakMap<object, TargetAddress>()

function readInet(memory: DataView, at: number): SocketAddress {
  const port = memory.getUint16(at + InetLayout.PORT)
  const number = memory.getUint32(at + InetLayout.ADDRESS)
  const key = number * PORTS + port
  const known = recent.get(key)
  if (known !== undefined) return known
  const address = `${String(number >>> 24)}.${String((number >>> 16) & 0xff)}.${String((number >>> 8) & 0xff)}.${String(number & 0xff)}`
  const told: SocketAddress = Object.freeze({ family: 'IPv4', address, port, scopeId: 0, flowLabel: 0 } as const)
  if (recent.size === RECENT_MAX) recent.clear()
  recent.set(key, told)
  targets.set(told, { bytes: encodeInet(address, port), family: AF_INET, address, port })
  return told
}

function unixPath(memory: DataView, at: number, length: number): string {
  const bytes = Buffer.from(bytesOf(memory, at, length))
  const end = bytes[0] === 0 ? -1 : bytes.indexOf(0)
  return bytes.toString('utf8', 0, end < 0 ? length : end)
}

/** As inet_ntop(3) writes it. */
function textOf(groups: readonly number[]): string {
  const [from, length] = longestZeros(groups)
  const mapped = from === 0 && ((length === 5 && groups[5] === 0xffff) || length === 6)
  const text = groups.map((group) => group.toString(16))
  if (mapped) text.splice(6, 2, groups.slice(6).flatMap((group) => [group >> 8, group & 0xff]).join('.'))
  if (length < 2) return text.join(':')
  return `${text.slice(0, from).join(':')}::${text.slice(from + length).join(':')}`
}

/** Where the longest run of zeros is, and how long. The first of several. */
function longestZeros(groups: readonly number[]): readonly [from: number, length: number] {
  let best: readonly [number, number] = [0, 0]
  for (let from = 0; from < groups.length; from++) {
    let length = 0
    while (groups[from + length] === 0) length++
    if (length > best[1]) best = [from, length]
  }
  return best
}
