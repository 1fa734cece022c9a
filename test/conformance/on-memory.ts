// Work on memory: what standards give as examples, sizes on both sides of each step, addresses that are not aligned.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { chain, compareMemory, copyMemory, crc32, crc32c, fillMemory, write, xorMemory } from 'trueaio'
import type { Subject } from './subject.js'
import { behaviour, family, O } from './world.js'

const MEBIBYTE = 1024 * 1024
/** Around the vectors of the processor, the blocks of C, what is done at once, and the step after which a cancel is looked for. */
const SIZES = [0, 1, 7, 8, 15, 16, 31, 33, 63, 64, 65, 767, 769, 4096, 24_577, 65_535, 65_537, MEBIBYTE - 1, MEBIBYTE + 3, 3 * MEBIBYTE + 5]

/** Bytes at an address that is no multiple of anything. */
function odd(bytes: Buffer): Buffer {
  const memory = Buffer.alloc(bytes.length + 3)
  bytes.copy(memory, 3)
  return memory.subarray(3)
}

export function onMemory(subject: Subject): void {
  // The simulation sums up all lent memory, byte by byte, to see who changes it.
  const sizes = subject.storage === 'memory' ? SIZES.filter((size) => size < MEBIBYTE) : SIZES
  const large = subject.storage === 'memory' ? 100_000 : 3 * MEBIBYTE
  family('work on memory', () => {
    behaviour(subject, 'checksums are those of the standards', ['crc32c', 'crc32'], async ({ io }) => {
      const rows = [ // RFC 3720, B.4
        [Buffer.alloc(32), 0x8a9136aa], [Buffer.alloc(32, 0xff), 0x62a8ab43], [Buffer.from(Array.from({ length: 32 }, (_, index) => index)), 0x46dd794e],
        [Buffer.from(Array.from({ length: 32 }, (_, index) => 31 - index)), 0x113fdb5c], [Buffer.from('123456789'), 0xe3069283], [Buffer.alloc(0), 0],
      ] as const
      for (const [bytes, expected] of rows) assert.equal(await io.submit(crc32c(bytes)), expected)
      assert.equal(await io.submit(crc32(Buffer.from('123456789'))), 0xcbf43926) // ITU-T V.42
      assert.equal(await io.submit(crc32(Buffer.from('6789'), { initial: await io.submit(crc32(Buffer.from('12345'))) })), 0xcbf43926)
      assert.deepEqual(io.runSync([crc32c(Buffer.from('123456789'))]), [{ status: 'fulfilled', value: 0xe3069283 }])
      assert.equal(io.statistics.operations['crc32c']?.bytes, 0)
    })

    behaviour(subject, 'every size, at odd addresses', ['copy_memory', 'fill_memory', 'compare_memory', 'xor_memory', 'crc32c', 'crc32'], async ({ io }) => {
      for (const size of sizes) {
        const [one, two, three] = [odd(randomBytes(size)), odd(randomBytes(size)), randomBytes(size)] as const
        const target = odd(Buffer.alloc(size))
        assert.equal(await io.submit(copyMemory(one, target)), size)
        assert.ok(target.equals(one), `copy of ${String(size)}`)
        assert.equal(await io.submit(compareMemory(one, target)), size)
        if (size > 0) {
          for (const at of new Set([0, size >> 1, size - 1])) {
            target[at] = (target[at] as number) ^ 1
            assert.equal(await io.submit(compareMemory(one, target)), at)
            target[at] = (target[at]) ^ 1
          }
        }
        assert.equal(await io.submit(xorMemory([one, two, three], target)), size)
        for (let at = 0; at < size; at += 1 + (size >> 8)) assert.equal(target[at], (one[at] as number) ^ (two[at] as number) ^ (three[at] as number))
        // A lost source comes back from the parity and the others; the target may be one of them.
        assert.equal(await io.submit(xorMemory([two, target, three], target)), size)
        assert.ok(target.equals(one), `xor of ${String(size)}`)
        // In two parts it is the same.
        const half = size >> 1
        for (const checksum of [crc32c, crc32]) {
          const whole = await io.submit(checksum(one))
          assert.equal(await io.submit(checksum(one.subarray(half), { initial: await io.submit(checksum(one.subarray(0, half))) })), whole)
        }
        assert.equal(await io.submit(fillMemory(target, 7)), size)
        assert.ok(target.every((byte) => byte === 7))
      }
    })

    behaviour(subject, 'a copy over itself keeps the bytes', ['copy_memory'], async ({ io }) => {
      for (const size of [100, large]) {
        for (const [from, to] of [[0, 13], [13, 0]] as const) {
          const memory = randomBytes(size + 13)
          const expected = Buffer.from(memory.subarray(from, from + size))
          await io.submit(copyMemory(memory.subarray(from, from + size), memory.subarray(to)))
          assert.ok(memory.subarray(to, to + size).equals(expected))
        }
      }
    })

    behaviour(subject, 'in chains a difference ends the chain', ['compare_memory', 'write', 'open'], async (world) => {
      const file = await world.open('checked', O.O_CREAT | O.O_RDWR)
      const bytes = Buffer.from('content')
      assert.deepEqual(await world.io.submit(chain(compareMemory(bytes, Buffer.from('content')), write(file, bytes, 0))), [7, 7])
      await world.io.submit(chain(compareMemory(bytes, Buffer.from('contenT')), write(file, Buffer.from('another'), 0)))
        .then(() => assert.fail('went on'), (error: unknown) => assert.equal((error as NodeJS.ErrnoException).code, 'ECANCELED'))
      assert.equal((await world.content('checked')).toString(), 'content')
    })

    behaviour(subject, 'many at once, with cookies', ['crc32c', 'fill_memory'], async ({ io }) => {
      const queue = io.completionQueue({ capacity: 256 })
      const many = Buffer.alloc(large + 1, 1)
      const expected = await io.submit(crc32c(many))
      for (let index = 0; index < 64; index++) queue.submit(crc32c(index % 2 === 0 ? many : Buffer.from('123456789')), index)
      const seen = new Map<unknown, number>()
      while (seen.size < 64) for (const { cookie, result } of await queue.wait({ min: 1, max: 64 })) seen.set(cookie, result as number)
      for (const [cookie, result] of seen) assert.equal(result, (cookie as number) % 2 === 0 ? expected : 0xe3069283)
      queue.close()
    })

    behaviour(subject, 'a signal ends it, and memory that has gone is refused', ['fill_memory', 'real time'], async ({ io }) => {
      const target = Buffer.alloc(64 * MEBIBYTE)
      const controller = new AbortController()
      const jobs = Array.from({ length: 32 }, () => io.submit(fillMemory(target, 1), { signal: controller.signal }))
      setImmediate(() => controller.abort())
      const ends = await Promise.allSettled(jobs)
      for (const end of ends) if (end.status === 'rejected') assert.equal((end.reason as Error).name, 'AbortError')
      assert.ok(ends.some(({ status }) => status === 'rejected'))
      const gone = new Uint8Array(16)
      const operation = fillMemory(gone, 1)
      structuredClone(gone.buffer, { transfer: [gone.buffer] })
      await assert.rejects(io.submit(operation))
    })
  })
}
