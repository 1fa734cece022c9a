// Does ordinary work with whichever driver is to be had, and prints which, why, and how it went, as JSON.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chain, close, fstatx, fsync, ftruncate, nop, open, Proactor, read, rename, statx, timer, unlink, write } from 'trueaio'

const O_RDWR_CREAT = 0o102
const directory = mkdtempSync(join(tmpdir(), 'trueaio-falls-back-'))
try {
  const io = new Proactor()
  const path = join(directory, 'data')
  const file = await io.submit(open(path, { flags: O_RDWR_CREAT }))
  const buffers = Array.from({ length: 100 }, (_, index) => Buffer.alloc(100, index))
  await Promise.all(buffers.map((buffer, index) => io.submit(write(file, buffer, index * 100))))
  await io.submit(fsync(file))
  const back = Buffer.alloc(10_000)
  const bytes = await io.submit(read(file, back, 0), { timeout: 10_000 })
  await io.submit(close(file))
  await io.submit(rename(path, `${path}2`))
  const { size } = await io.submit(statx(`${path}2`))
  await io.submit(unlink(`${path}2`))
  const missing = await io.submit(statx(path)).catch((error: unknown) => (error as NodeJS.ErrnoException).code)
  const aborted = await io.submit(timer(60_000), { signal: AbortSignal.timeout(5) }).catch((error: unknown) => (error as NodeJS.ErrnoException).code)
  const ticks: unknown[] = []
  for await (const tick of io.iterate(timer(1, { multishot: true }))) if (ticks.push(tick) === 3) break
  await io.submit(chain(timer(1), nop()))
  const choices = io.explain()
  // Where an operation that not every ring has is carried out, and that it is.
  const again = await io.submit(open(path, { flags: O_RDWR_CREAT }))
  await io.submit(ftruncate(again, 5000))
  const truncated = (await io.submit(fstatx(again))).size
  await io.submit(close(again))
  const ftruncateBy = io.explain(ftruncate(again))
  await io.close()
  console.log(JSON.stringify({ ticks, ftruncateBy, truncated, bytes, size, missing, aborted, right: back.equals(Buffer.concat(buffers)), choices }))
} finally {
  rmSync(directory, { recursive: true })
}
