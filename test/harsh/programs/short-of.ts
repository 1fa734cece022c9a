// Does ordinary work short of something that its argument names, and prints how it went as JSON. The limit is set when the process is
// up: Node itself needs more to start.
import assert from 'node:assert/strict'
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fsync, Proactor, read, statx, write } from 'trueaio'
import { systemCall } from '../system-calls.js'

const [, , what = '', driver = ''] = process.argv
const RLIMIT_NPROC = 6
const RLIMIT_MEMLOCK = 8
const RLIMIT_AS = 9
const NOBODY = 65534
const MIB = 1 << 20
const BYTES = 8 * MIB

function limit(resource: number, value: number): void {
  systemCall('prlimit64', 0, resource, new BigUint64Array([BigInt(value), BigInt(value)]), 0)
}

const shortages: Readonly<Record<string, () => void>> = {
  nothing: () => undefined,
  // No thread more, for whoever is not root.
  processes: () => {
    process.setuid?.(NOBODY)
    limit(RLIMIT_NPROC, 1)
  },
  lockedMemory: () => {
    process.setuid?.(NOBODY)
    limit(RLIMIT_MEMLOCK, 0)
  },
  // Less than the stack of one thread is left.
  memory: () => {
    const kilobytes = Number(/VmSize:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'latin1'))?.[1])
    limit(RLIMIT_AS, kilobytes * 1024 + 4 * MIB)
  },
}

const codeOf = (promise: Promise<unknown>): Promise<string> => promise.then(() => 'done', (error: unknown) => (error as NodeJS.ErrnoException).code ?? String(error))
const directory = mkdtempSync(join(tmpdir(), 'trueaio-short-of-'))
process.once('exit', () => rmSync(directory, { recursive: true, force: true }))
const path = join(directory, 'data')
const content = Buffer.alloc(BYTES, 'x')
const target = Buffer.alloc(BYTES)
writeFileSync(path, content)
systemCall('chown', Buffer.from(`${directory}\0`), NOBODY, NOBODY)
systemCall('chown', Buffer.from(`${path}\0`), NOBODY, NOBODY)
await readFile(path) // libuv's threads are there
systemCall('getpid')
shortages[what]?.()
const fd = openSync(path, 'r+')
let io: Proactor
try {
  io = new Proactor(driver === '' ? {} : { driver })
} catch (error) {
  console.log(JSON.stringify({ codes: [(error as NodeJS.ErrnoException).code], choices: [] }))
  process.exit()
}
const ends = await Promise.all([
  codeOf(io.submit(statx(path))), codeOf(io.submit(read(fd, target, 0))), codeOf(io.submit(write(fd, content.subarray(0, 4096), 0))), codeOf(io.submit(fsync(fd))),
  ...Array.from({ length: 40 }, (_, index) => codeOf(io.submit(read(fd, target.subarray(index * 65536, (index + 1) * 65536), index * 65536)))),
])
const choices = io.explain()
await io.close()
assert.equal(readFileSync(path).length, BYTES)
console.log(JSON.stringify({ codes: [...new Set(ends)].sort(), choices }))
