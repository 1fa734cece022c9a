// A transfer that is to be asked for once more is not asked of the file that has its descriptor's number by then.
import assert from 'node:assert/strict'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { nop, Proactor, read, write, writev, type FileReference, type Operation } from 'trueaio'
import { withoutRing } from '../../harsh/ring-here.js'
import { makePipe } from '../../harsh/system-calls.js'

const BYTES = 1 << 20
const PIPE_BYTES = 65536
const RWF_NOWAIT = 8
/** More completions than are reaped before the loop has turned. */
const MANY = 600

const ways: Readonly<Record<string, (file: FileReference) => Operation<number>>> = {
  write: (file) => write(file, Buffer.alloc(BYTES, 'x')),
  writev: (file) => writev(file, [Buffer.alloc(BYTES / 2, 'x'), Buffer.alloc(BYTES / 2, 'x')]),
}

/** Whether pipes know no RWF_NOWAIT. */
async function withoutNowait(io: Proactor, pipe: number): Promise<boolean> {
  const code = await io.submit(read(pipe, Buffer.alloc(1), { flags: RWF_NOWAIT })).then(String, (error: unknown) => (error as NodeJS.ErrnoException).code)
  return code === 'ENOTSUP'
}

for (const [name, make] of Object.entries(ways)) {
  for (const isRegistered of [false, true]) {
    test(`${name} to a ${isRegistered ? 'registered ' : ''}pipe came up short, and its number was given away before that was seen`, { skip: withoutRing }, async (t) => {
      const directory = mkdtempSync(join(tmpdir(), 'trueaio-reused-'))
      const { readEnd, writeEnd } = makePipe()
      const path = join(directory, 'strangers')
      writeFileSync(path, 'untouched')
      const io = new Proactor({ driver: ['io-uring', 'thread-pool'] })
      try {
        if (await withoutNowait(io, readEnd)) {
          closeSync(readEnd)
          closeSync(writeEnd)
          t.skip('a write to a pipe does not come up short in this ring (Linux 6.4): a worker of the kernel writes all of it')
          return
        }
        const file = isRegistered ? io.registerFile(writeEnd) : writeEnd
        await io.submit(nop())
        await Promise.all(Array.from({ length: MANY }, () => io.submit(nop())))
        const writing = io.submit(make(file))
        for (let step = 0; step < 3; step++) await Promise.resolve() // it is handed over, and the loop has not turned
        closeSync(writeEnd)
        const stranger = openSync(path, 'r+')
        assert.equal(stranger, writeEnd)
        assert.equal(await writing, PIPE_BYTES)
        assert.equal(readFileSync(path, 'utf8'), 'untouched')
        closeSync(stranger)
        closeSync(readEnd)
      } finally {
        await io.close()
        rmSync(directory, { recursive: true })
      }
    })
  }
}
