// Memory that is lent: taken by what it is, whatever a view says of itself; there until the operation has ended, whoever else
// closes, drops or shares it.
import assert from 'node:assert/strict'
import { setImmediate as turn } from 'node:timers/promises'
import { getxattr, mkdir, read, readv, setxattr, statx, write, writev, type Operation } from 'trueaio'
import type { Subject } from './subject.js'
import { behaviour, family, O } from './world.js'

const BYTES = 64
const HUGE = 1 << 20

/** A view of 64 bytes in the middle of 192, which says of itself what is not so, in one of several ways. */
function liars(): { readonly how: string, readonly view: Uint8Array, readonly around: Uint8Array }[] {
  class Long extends Uint8Array {
    override get length(): never { return HUGE as never }
    override get byteLength(): never { return HUGE as never }
    override get byteOffset(): never { return 0 as never }
    override get BYTES_PER_ELEMENT(): never { return 1 as never }
  }
  class Elsewhere extends Uint8Array {
    override get buffer(): never { return new ArrayBuffer(HUGE) as never }
  }
  class Short extends Uint8Array {
    override get length(): never { return 1 as never }
    override get byteLength(): never { return 1 as never }
  }
  const made = [Long, Elsewhere, Short].map((Class) => {
    const around = new Uint8Array(3 * BYTES).fill(0xee)
    return { how: Class.name, view: new Class(around.buffer, BYTES, BYTES) as Uint8Array, around }
  })
  const around = new Uint8Array(3 * BYTES).fill(0xee)
  const view = Buffer.from(around.buffer, BYTES, BYTES)
  for (const name of ['length', 'byteLength', 'byteOffset']) Object.defineProperty(view, name, { value: HUGE })
  return [...made, { how: 'properties of its own', view, around }]
}

function assertFilled({ how, around }: { readonly how: string, readonly around: Uint8Array }, byte: number): void {
  for (const [index, value] of around.entries()) assert.equal(value, index >= BYTES && index < 2 * BYTES ? byte : 0xee, `${how}: byte ${String(index)}`)
}

export function lending(subject: Subject): void {
  family('memory', () => {
    behaviour(subject, 'is what a view has, not what its properties say', [], async (world) => {
      await world.put('file', Buffer.alloc(3 * HUGE, 7))
      const { ours } = await world.openBoth('file', O.O_RDWR)
      for (const make of [(view: Uint8Array) => read(ours, view, 0), (view: Uint8Array) => readv(ours, [view], 0)]) {
        for (const liar of liars()) {
          assert.equal(await world.io.submit(make(liar.view)), BYTES, liar.how)
          assertFilled(liar, 7)
        }
      }
      for (const make of [(view: Uint8Array) => write(ours, view, 0), (view: Uint8Array) => writev(ours, [view], 0)]) {
        for (const { how, view } of liars()) assert.equal(await world.io.submit(make(view)), BYTES, how)
      }
    })

    behaviour(subject, 'of an attribute likewise', ['getxattr', 'setxattr'], async (world) => {
      await world.put('file')
      const path = world.path('file')
      const set = await world.io.submit(setxattr(path, 'user.a', new Uint8Array(BYTES).fill(9))).then(() => true, (error: unknown) => {
        assert.equal((error as { code: string }).code, 'ENOTSUP') // a file system without attributes
        return false
      })
      if (!set) return
      for (const liar of liars()) {
        assert.equal(await world.io.submit(getxattr(path, 'user.a', liar.view)), BYTES, liar.how)
        assertFilled(liar, 9)
      }
    })

    behaviour(subject, 'of a path as well, and it is copied', [], async (world) => {
      await world.put('file')
      const path = world.path('file')
      class Short extends Uint8Array {
        override get length(): never { return 1 as never }
        override get byteLength(): never { return 1 as never }
      }
      const bytes = new Short(Buffer.from(path)) as Uint8Array
      const operation: Operation = statx(bytes)
      new Uint8Array(bytes.buffer).fill(0)
      await world.io.submit(operation)
      await world.io.submit(mkdir(new Short(Buffer.from(world.path('directory'))) as Uint8Array))
      await world.open('directory', O.O_DIRECTORY)
    })

    behaviour(subject, 'a list of buffers is read once, whatever it is', [], async (world) => {
      await world.put('file', Buffer.alloc(HUGE, 7))
      const { ours } = await world.openBoth('file')
      let reads = 0
      const first = new Uint8Array(BYTES)
      const list = new Proxy([first], {
        get(target, key): unknown {
          if (key === 'length') return 1
          if (key === '0') return reads++ === 0 ? first : new Uint8Array(HUGE)
          return Reflect.get(target, key)
        },
      })
      assert.equal(await world.io.submit(readv(ours, list, 0)), BYTES)
      assert.equal(reads, 1)
      class Odd extends Array<Uint8Array> {
        static override get [Symbol.species](): ArrayConstructor { throw new Error('nobody asks') }
      }
      assert.equal(await world.io.submit(readv(ours, Odd.of(first, first), 0)), 2 * BYTES)
    })

    behaviour(subject, 'of a proactor that closes stays there for others', ['addon', 'real descriptors', 'waits on non-blocking descriptors', 'fifos'], async (world) => {
      const { readEnd, writeEnd } = world.fifo()
      const lender = world.proactor()
      // Nobody but the operation holds the page.
      const lend = (): { readonly reading: Promise<number>, readonly bytes: WeakRef<ArrayBufferLike> } => {
        const page = lender.buffers.allocate(65536)
        return { reading: world.io.submit(read(readEnd, page)), bytes: new WeakRef(page.buffer) }
      }
      const { reading, bytes } = lend()
      await turn()
      await lender.close()
      globalThis.gc?.()
      await turn()
      // Whoever maps memory now must not get these pages.
      const others = Array.from({ length: 64 }, () => Buffer.alloc(65536))
      await world.io.submit(write(writeEnd, Buffer.alloc(65536, 5)))
      const got = await reading
      assert.ok(got > 0)
      assert.ok(others.every((other) => other.every((byte) => byte === 0)))
      const memory = bytes.deref()
      assert.ok(memory === undefined || new Uint8Array(memory, 0, got).every((byte) => byte === 5))
    })
  })
}
