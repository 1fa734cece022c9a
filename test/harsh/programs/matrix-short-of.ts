// The matrix's cells short of threads, of locked memory and of address space, on the driver that the argument names; prints what is wrong
// as JSON. As nobody where it is root: these limits are not root's. First without a fault, so that all modules are loaded and Node's own threads are there.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sanitized } from '../sanitized.js'
import { systemCall } from '../system-calls.js'
import { wrongCells } from '../../faults/matrix/cells.js'
import type { Fault } from '../../faults/matrix/faults.js'

const driver = process.argv[2] ?? ''
const RLIMIT_NPROC = 6
const RLIMIT_MEMLOCK = 8
const RLIMIT_AS = 9
const NOBODY = 65534
const MIB = 1 << 20
const UNLIMITED = 2n ** 64n - 1n

/** Changes the soft limit alone, which may rise again. */
function limit(resource: number, value: number | undefined): void {
  const had = new BigUint64Array(2)
  systemCall('prlimit64', 0, resource, 0, had)
  const hard = had[1] ?? UNLIMITED
  systemCall('prlimit64', 0, resource, new BigUint64Array([value === undefined || BigInt(value) > hard ? hard : BigInt(value), hard]), 0)
}

function addressSpace(): number {
  return Number(/VmSize:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'latin1'))?.[1]) * 1024
}

function shortOf(name: string, codes: readonly string[], begin: () => void, end: () => void): Fault {
  return {
    name, codes, tells: 'nobody', missing: () => false,
    make() {
      const directory = mkdtempSync(join(tmpdir(), 'trueaio-matrix-'))
      return { directory, begin, end, remove: () => rmSync(directory, { recursive: true }) }
    },
  }
}

const nothing = (): void => undefined
const REFUSED = ['EAGAIN', 'ENOMEM'] as const
const subject = { name: driver, driver: driver === 'io-uring' ? ['io-uring', 'thread-pool'] : driver }
const faults = [
  shortOf('threads', REFUSED, () => limit(RLIMIT_NPROC, 0), () => limit(RLIMIT_NPROC, undefined)),
  shortOf('locked memory', REFUSED, () => limit(RLIMIT_MEMLOCK, 0), () => limit(RLIMIT_MEMLOCK, undefined)),
  // Less than the stack of one thread is left, and enough for the heap of one way of writing.
  ...(sanitized !== false ? [] : [shortOf('address space', REFUSED, () => limit(RLIMIT_AS, addressSpace() + 6 * MIB), () => limit(RLIMIT_AS, undefined))]),
]
const wrong = await wrongCells(subject, shortOf('nothing', [], nothing, nothing))
if (process.getuid?.() === 0) process.setuid?.(NOBODY)
for (const fault of faults) wrong.push(...(await wrongCells(subject, fault)).map((what) => `short of ${fault.name}: ${what}`))
console.log(JSON.stringify(wrong))
