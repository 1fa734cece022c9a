// Random programs on the simulated driver: requests of every kind, cancels, waits and lists in any order, while operations
// end in any order, fail, come up short and cannot be stopped. Whatever happens, each request ends once, is told of once, and
// what it says of itself is what happened.
import assert from 'node:assert/strict'
import { constants as fileConstants } from 'node:fs'
import { constants } from 'node:os'
import { test } from 'node:test'
import fc from 'fast-check'
import { open, Proactor } from 'trueaio'
import { AIO_ALLDONE, AIO_CANCELED, aiocb, EINPROGRESS, LIO_NOWAIT, LIO_READ, LIO_WRITE, O_DSYNC, PosixAio, SIGEV_THREAD } from 'trueaio/posix-aio'
import { simulated } from 'trueaio/simulated'

const { O_RDWR } = fileConstants
const FILES = 3
const BLOCKS = 12
const BYTES = 64
const { ECANCELED, EIO, ENOSPC } = constants.errno
/** What may befall a request here. */
const STATUSES = new Set([0, ECANCELED, EIO, ENOSPC])

type Step = { readonly act: 'read' | 'write' | 'sync' | 'cancel' | 'return'; readonly block: number } | { readonly act: 'list'; readonly from: number; readonly count: number }
  | { readonly act: 'cancel all'; readonly file: number } | { readonly act: 'turn' }

const block = fc.nat(BLOCKS - 1)
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ act: fc.constantFrom('read' as const, 'write' as const, 'sync' as const, 'cancel' as const, 'return' as const), block }),
  fc.record({ act: fc.constant('list' as const), from: block, count: fc.nat(6) }),
  fc.record({ act: fc.constant('cancel all' as const), file: fc.nat(FILES - 1) }),
  fc.record({ act: fc.constant('turn' as const) }),
)

class Run {
  readonly #aio: PosixAio
  readonly #files: readonly number[]
  readonly #blocks: readonly aiocb[]
  /** By block: submissions, notices, and whether one is under way. */
  readonly #begun = new Array<number>(BLOCKS).fill(0)
  readonly #told = new Array<number>(BLOCKS).fill(0)
  #listsBegun = 0
  #listsTold = 0

  constructor(aio: PosixAio, files: readonly number[]) {
    this.#aio = aio
    this.#files = files
    this.#blocks = Array.from({ length: BLOCKS }, (_, index) => new aiocb({
      aio_fildes: files[index % FILES] ?? -1, aio_buf: Buffer.alloc(BYTES, index), aio_offset: index * BYTES, aio_lio_opcode: index % 2 === 0 ? LIO_READ : LIO_WRITE,
      aio_sigevent: {
        sigev_notify: SIGEV_THREAD,
        sigev_notify_function: () => {
          this.#told[index] = (this.#told[index] ?? 0) + 1
        },
      },
    }))
  }

  #error(index: number): number | undefined {
    try {
      return this.#aio.aio_error(this.#blocks[index] as aiocb)
    } catch (error) {
      assert.equal((error as NodeJS.ErrnoException).code, 'EINVAL')
      return undefined
    }
  }

  #begin(index: number, submit: () => void): void {
    if (this.#error(index) === EINPROGRESS) {
      assert.throws(submit, { code: 'EINVAL' })
      return
    }
    submit()
    this.#begun[index] = (this.#begun[index] ?? 0) + 1
  }

  take(one: Step): void {
    const aio = this.#aio
    if (one.act === 'turn') return
    if (one.act === 'list') {
      const indices = Array.from({ length: one.count }, (_, index) => (one.from + index) % BLOCKS)
      const list = indices.map((index) => this.#blocks[index] as aiocb)
      const submit = (): unknown => aio.lio_listio(LIO_NOWAIT, list, { sigev_notify: SIGEV_THREAD, sigev_notify_function: () => this.#listsTold++ })
      if (indices.some((index) => this.#error(index) === EINPROGRESS)) assert.throws(submit, { code: 'EINVAL' })
      else {
        submit()
        this.#listsBegun++
        for (const index of indices) this.#begun[index] = (this.#begun[index] ?? 0) + 1
      }
    } else if (one.act === 'cancel all') {
      const fd = this.#files[one.file] ?? -1
      if (aio.aio_cancel(fd) === AIO_CANCELED) for (const [index, { aio_fildes }] of this.#blocks.entries()) assert.ok(aio_fildes !== fd || this.#error(index) !== EINPROGRESS)
    } else {
      const { act, block: index } = one
      const chosen = this.#blocks[index] as aiocb
      if (act === 'read') this.#begin(index, () => aio.aio_read(chosen))
      else if (act === 'write') this.#begin(index, () => aio.aio_write(chosen))
      else if (act === 'sync') this.#begin(index, () => aio.aio_fsync(O_DSYNC, chosen))
      else if (act === 'cancel') {
        const before = this.#error(index)
        const said = aio.aio_cancel(chosen.aio_fildes, chosen)
        if (before !== EINPROGRESS) assert.equal(said, AIO_ALLDONE)
        else if (said === AIO_CANCELED) assert.equal(this.#error(index), ECANCELED)
      } else this.#takeResult(index)
    }
  }

  #takeResult(index: number): void {
    const chosen = this.#blocks[index] as aiocb
    const status = this.#error(index)
    if (status === undefined || status === EINPROGRESS) {
      assert.throws(() => this.#aio.aio_return(chosen), { code: 'EINVAL' })
      return
    }
    assert.ok(STATUSES.has(status), `status ${String(status)}`)
    const result = this.#aio.aio_return(chosen)
    assert.ok(status === 0 ? result >= 0 && result <= BYTES : result === -1, `status ${String(status)}, result ${String(result)}`)
  }

  /** Everything has ended. */
  check(): void {
    assert.equal(this.#aio.outstanding, 0)
    assert.deepEqual(this.#told, this.#begun)
    assert.equal(this.#listsTold, this.#listsBegun)
    for (const index of this.#blocks.keys()) this.#takeResult(index)
  }

  get over(): boolean {
    return this.#aio.outstanding === 0 && this.#listsTold === this.#listsBegun && this.#told.every((count, index) => count === this.#begun[index])
  }
}

const turn = (): Promise<void> => new Promise((resolve) => {
  setImmediate(resolve)
})

test('whatever is submitted and cancelled, each request ends once and is told of once', async () => {
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 80 }), fc.nat(2 ** 31), fc.boolean(), fc.boolean(), fc.constantFrom(1, 3, 4096), async (steps, seed, cancelRunning, closesEarly, inFlightMax) => {
    const driver = simulated({ seed, errorRates: { EIO: 0.1, ENOSPC: 0.1 }, shortRate: 0.2, cancellation: seed % 2 === 0 ? 'kernel' : 'signal' })
    const opener = new Proactor({ driver })
    const files: number[] = []
    while (files.length < FILES) {
      driver.files.write(`/${String(files.length)}`, Buffer.alloc(BLOCKS * BYTES))
      // A fault may befall the open as well: then once more.
      await opener.submit(open(`/${String(files.length)}`, { flags: O_RDWR })).then((fd) => files.push(fd), () => undefined)
    }
    const io = new Proactor({ driver, inFlightMax })
    const run = new Run(new PosixAio({ proactor: io, cancelRunning }), files)
    for (const one of steps) {
      run.take(one)
      if (one.act === 'turn') await turn()
    }
    if (closesEarly) await io.close()
    while (!run.over) await turn()
    await turn()
    run.check()
    await Promise.all([io.close(), opener.close()])
  }), { numRuns: 300 })
})
