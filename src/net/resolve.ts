// ① interface — names to IP addresses, by Node's dns.lookup: the system's own order, /etc/hosts, and whatever the program has put in its place.
import { ADDRCONFIG, lookup as nodeLookup, type LookupAddress } from 'node:dns'
import { isIP } from 'node:net'

/** One IP address. */
export interface HostIp {
  readonly address: string
  readonly family: 4 | 6
}

/** As `lookup` of net.connect: dns.lookup, or a function with its arguments. */
export type LookupFunction = (
  hostname: string, options: { readonly all: true, readonly family: 0 | 4 | 6, readonly hints: number },
  callback: (error: NodeJS.ErrnoException | null, addresses: readonly LookupAddress[]) => void,
) => void

/**
 * The addresses of a host, in the order in which they are to be tried. Never empty.
 * @throws what dns.lookup tells: ENOTFOUND, EAI_AGAIN …
 */
export function resolveHost(host: string, family: 0 | 4 | 6, lookup: LookupFunction | undefined): Promise<readonly HostIp[]> {
  const own = isIP(host)
  if (own !== 0) {
    if (family !== 0 && own !== family) return Promise.reject(notFound(host))
    return Promise.resolve([{ address: host, family: own as 4 | 6 }])
  }
  return new Promise((resolve, reject) => {
    const done = (error: NodeJS.ErrnoException | null, addresses: readonly LookupAddress[]): void => {
      if (error !== null) reject(error)
      else if (addresses.length === 0) reject(notFound(host))
      else resolve(inTurn(addresses.map(({ address }) => ({ address, family: isIP(address) === 6 ? 6 : 4 }))))
    }
    // ADDRCONFIG as net.connect asks for it: no addresses of a family that this machine has no address of.
    const options = { all: true, family, hints: family === 0 ? ADDRCONFIG : 0 } as const
    if (lookup === undefined) nodeLookup(host, options, done)
    else lookup(host, options, done)
  })
}

function notFound(host: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), { errno: -3008, code: 'ENOTFOUND', syscall: 'getaddrinfo', hostname: host })
}

/** The one to be tried first. */
export function firstOf(addresses: readonly HostIp[]): HostIp {
  return addresses[0] as HostIp // a host has one at least
}

/** RFC 8305, section 4: both families in turn, the system's first choice first, each family in the system's order. */
export function inTurn(addresses: readonly HostIp[]): readonly HostIp[] {
  const [first] = addresses
  if (first === undefined) return addresses
  const preferred = addresses.filter(({ family }) => family === first.family)
  const other = addresses.filter(({ family }) => family !== first.family)
  const ordered: HostIp[] = []
  for (let index = 0; index < Math.max(preferred.length, other.length); index++) {
    const pair = [preferred[index], other[index]]
    for (const one of pair) if (one !== undefined) ordered.push(one)
  }
  return ordered
}
