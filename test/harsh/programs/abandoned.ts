// Aborts operations that cannot be stopped (run over an addon whose cancels all come too late), and prints what the
// engine made of it, as JSON.
import { fstatSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chain, close, open, Proactor, read, type Operation } from 'trueaio'

const O_CREAT = 0o100
const directory = mkdtempSync(join(tmpdir(), 'trueaio-abandoned-'))
process.once('exit', () => rmSync(directory, { recursive: true, force: true }))
const path = join(directory, 'data')
writeFileSync(path, 'x')
const standardInput = fstatSync(0)

/** Open descriptors, once the loop has turned: a ring that was closed is here until then. */
async function countDescriptors(): Promise<number> {
  for (let turns = 0; turns < 5; turns++) await new Promise((resolve) => setImmediate(resolve))
  return readdirSync('/proc/self/fd').length
}

await new Proactor({ driver: 'io-uring' }).close() // what the process keeps is there before it counts
const descriptors = await countDescriptors()
const io = new Proactor({ driver: 'io-uring' })
const outcomes: Record<string, number> = {}
let abandonedMost = 0

/** With O_CREAT an open runs on a kernel worker, and so is still running when its cancel is answered. */
function opened(): Operation<number> {
  return open(path, { flags: O_CREAT })
}

// On a busy machine the workers are often done first: until some were not.
const end = performance.now() + 10_000
for (let round = 0; round < 50 || (abandonedMost === 0 && performance.now() < end); round++) {
  const controller = new AbortController()
  const { signal } = controller
  const ends = Array.from({ length: 10 }, (_, index) => index % 2 === 0
    ? io.submit(chain(opened(), read(chain.opened, Buffer.alloc(1)), close(chain.opened)), { signal })
    : io.submit(opened(), { signal }))
  controller.abort()
  for (const ended of await Promise.allSettled(ends)) {
    const outcome = ended.status === 'fulfilled' ? 'done' : String((ended.reason as NodeJS.ErrnoException).code)
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
    if (ended.status === 'fulfilled' && typeof ended.value === 'number') await io.submit(close(ended.value))
  }
  abandonedMost = Math.max(abandonedMost, io.statistics.abandoned)
}
await io.close()
const now = fstatSync(0)
console.log(JSON.stringify({
  outcomes, abandonedMost, abandoned: io.statistics.abandoned,
  standardInputThere: now.ino === standardInput.ino && now.dev === standardInput.dev,
  leaked: await countDescriptors() - descriptors,
}))
