// handle.commit: bytes that count once they are on the device. How many fdatasyncs serve how many callers, who is told of
// which error, and what a caller may rely on when it resolves.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { defaultProactor, open as openOperation, Proactor } from 'trueaio'
import { open, type CommitHandle } from 'trueaio/fs/promises'
import { simulated, type Fault, type SimulatedDriver } from 'trueaio/simulated'
import { GroupCommit, type Submit } from '#src/fs/handle/commit.js'
import { openBelow } from './open-descriptors.js'

const WITHIN = { timeout: 20_000 }
let root: string
before(() => {
  root = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), 'trueaio-fs-')))
})
after(() => fs.rmSync(root, { recursive: true }))

function syncs(): number {
  return defaultProactor().statistics.operations['fdatasync']?.count ?? 0
}

async function withHandle(name: string, flags: string, use: (handle: CommitHandle, path: string) => Promise<void>): Promise<void> {
  const path = join(root, name)
  const handle = await open(path, flags)
  try {
    await use(handle, path)
  } finally {
    await handle.close()
  }
}

describe('on real files', WITHIN, () => {
  test('resolves to the bytes written, after an fdatasync', () => withHandle('one', 'w', async (handle, path) => {
    const had = syncs()
    assert.equal(await handle.commit(Buffer.from('hello'), { offset: 3 }), 5)
    assert.equal(syncs(), had + 1)
    assert.equal(fs.readFileSync(path, 'latin1'), '\0\0\0hello')
    assert.equal(await handle.commit(new Uint16Array([0x4141]), { offset: 0 }), 2)
    assert.equal(await handle.commit(Buffer.alloc(0), { offset: 0 }), 0)
    assert.equal(syncs(), had + 3)
    assert.equal(fs.readFileSync(path, 'latin1'), 'AA\0hello')
  }))

  test('64 writers at once share few fdatasyncs', () => withHandle('many', 'w', async (handle, path) => {
    const had = syncs()
    const lengths = await Promise.all(Array.from({ length: 64 }, (_, index) => handle.commit(Buffer.alloc(100, index), { offset: index * 100 })))
    assert.deepEqual(lengths, Array.from({ length: 64 }, () => 100))
    assert.ok(syncs() - had >= 1 && syncs() - had <= 8, String(syncs() - had))
    const content = fs.readFileSync(path)
    for (let index = 0; index < 64; index++) assert.ok(content.subarray(index * 100, index * 100 + 100).equals(Buffer.alloc(100, index)))
  }))

  test('without an offset, one follows the other in the order of the calls', () => withHandle('log', 'a', async (handle, path) => {
    const lines = Array.from({ length: 50 }, (_, index) => `line ${String(index)}\n`.repeat(index + 1))
    await Promise.all(lines.map((line) => handle.commit(Buffer.from(line))))
    assert.equal(fs.readFileSync(path, 'utf8'), lines.join(''))
  }))

  test('a write that fails is told to its caller, as a write of Node\'s', async () => {
    fs.writeFileSync(join(root, 'read-only'), '')
    await withHandle('read-only', 'r', async (handle) => {
      const had = syncs()
      await assert.rejects(handle.commit(Buffer.from('x'), { offset: 0 }), { code: 'EBADF', syscall: 'write', message: 'EBADF: bad file descriptor, write' })
      assert.equal(syncs(), had)
    })
  })

  test('close waits for what is being committed, and a closed handle refuses', async () => {
    const path = join(root, 'closing')
    const handle = await open(path, 'w')
    const committed = handle.commit(Buffer.from('last words'), { offset: 0 })
    await Promise.all([handle.close(), committed])
    assert.equal(fs.readFileSync(path, 'utf8'), 'last words')
    assert.deepEqual(openBelow(root), [])
    await assert.rejects(handle.commit(Buffer.from('x')), { code: 'EBADF' })
  })

  test('an aborted caller stops waiting; the others do not notice', () => withHandle('aborted', 'w', async (handle, path) => {
    const controller = new AbortController()
    const aborted = handle.commit(Buffer.from('a'), { offset: 0, signal: controller.signal })
    const other = handle.commit(Buffer.from('b'), { offset: 1 })
    controller.abort()
    await assert.rejects(aborted, { name: 'AbortError' })
    assert.equal(await other, 1)
    assert.equal(fs.readFileSync(path, 'latin1')[1], 'b')
    await assert.rejects(handle.commit(Buffer.from('a'), { offset: 0, signal: AbortSignal.abort() }), { name: 'AbortError' })
  }))

  test('bad arguments are refused', () => withHandle('arguments', 'w', async (handle) => {
    await assert.rejects(handle.commit('text' as never), { code: 'ERR_INVALID_ARG_TYPE' })
    await assert.rejects(handle.commit(Buffer.alloc(1), { offset: -1 }), { code: 'ERR_OUT_OF_RANGE' })
    await assert.rejects(handle.commit(Buffer.alloc(1), { offset: 'x' as never }), { code: 'ERR_INVALID_ARG_TYPE' })
  }))
})

function codeOf(outcome: PromiseSettledResult<unknown> | undefined): string | undefined {
  return outcome?.status === 'rejected' ? (outcome.reason as NodeJS.ErrnoException).code : undefined
}

interface World {
  readonly driver: SimulatedDriver
  readonly commit: (text: string, offset: number) => Promise<number>
  readonly begun: string[]
  /** The end of the next write is told only after the function this gives was called. */
  readonly holdNextWrite: () => () => void
}

/** Commits on a simulated file, and the names of the operations in the order of their submission. */
async function simulatedWorld(faults: readonly Fault[], use: (world: World) => Promise<void>): Promise<void> {
  const driver = simulated({ seed: 7, faults })
  driver.files.write('/log', '')
  const io = new Proactor({ driver })
  const begun: string[] = []
  let held = 0
  let nextGate: Promise<void> | undefined
  try {
    const fd = await io.submit(openOperation('/log', { flags: fs.constants.O_RDWR }))
    const submit: Submit = (operation, options, syscall) => {
      begun.push(syscall)
      const gate = syscall === 'write' ? nextGate : undefined
      if (gate === undefined) return io.submit(operation, options)
      nextGate = undefined
      return io.submit(operation, options).then((result) => gate.then(() => result))
    }
    const holdNextWrite = (): (() => void) => {
      let release: (() => void) | undefined
      nextGate = new Promise<void>((resolve) => {
        release = resolve
      })
      return () => release?.()
    }
    const group = new GroupCommit(fd, submit, {
      use: () => {
        held++
      },
      end: () => {
        held--
      },
    })
    await use({ driver, begun, holdNextWrite, commit: (text, offset) => group.commit(Buffer.from(text), offset, undefined) })
    assert.equal(held, 0)
  } finally {
    await io.close()
  }
}

describe('under faults', WITHIN, () => {
  test('a write that came up short goes on', () => simulatedWorld([{ opcode: 'write', at: [1, 2], short: 3 }], async ({ driver, commit, begun }) => {
    assert.equal(await commit('0123456789', 2), 10)
    assert.equal(driver.files.read('/log').toString('latin1'), '\0\x000123456789')
    assert.deepEqual(begun, ['write', 'write', 'write', 'fdatasync'])
  }))

  test('short writes without an offset do not mix', () => simulatedWorld([{ opcode: 'write', rate: 0.7, short: 1 }], async ({ driver, commit }) => {
    await Promise.all(['aaaa', 'bbbb', 'cccc'].map((text) => commit(text, -1)))
    assert.equal(driver.files.read('/log').toString(), 'aaaabbbbcccc')
  }))

  test('a write that fails fails its own commit only', () => simulatedWorld([{ opcode: 'write', at: 2, error: 'ENOSPC' }], async ({ commit }) => {
    const outcomes = await Promise.allSettled([commit('a', 0), commit('b', 1), commit('c', 2)])
    assert.deepEqual(outcomes.map(({ status }) => status), ['fulfilled', 'rejected', 'fulfilled'])
    assert.equal(codeOf(outcomes[1]), 'ENOSPC')
  }))

  test('what is written while an fdatasync runs waits for the next', () => simulatedWorld([{ opcode: 'fdatasync', delay: 100 }], async ({ commit, begun }) => {
    const ends: string[] = []
    const first = commit('a', 0).then(() => ends.push('first'))
    while (!begun.includes('fdatasync')) await new Promise(setImmediate)
    const later = [1, 2, 3].map((offset) => commit('b', offset).then(() => ends.push('later')))
    await Promise.all([first, ...later])
    assert.deepEqual(begun, ['write', 'fdatasync', 'write', 'write', 'write', 'fdatasync'])
    assert.deepEqual(ends, ['first', 'later', 'later', 'later'])
  }))

  test('an fdatasync that fails fails all that were written or being written by then, and none after', () => simulatedWorld(
    [{ opcode: 'fdatasync', at: 1, delay: 100, error: 'EIO' }],
    async ({ commit, begun, holdNextWrite }) => {
      const served = commit('a', 0)
      while (!begun.includes('fdatasync')) await new Promise(setImmediate)
      const gathered = commit('b', 1)
      const release = holdNextWrite()
      const stillWriting = commit('c', 2)
      await served.catch(release)
      const outcomes = await Promise.allSettled([served, gathered, stillWriting])
      assert.deepEqual(outcomes.map(codeOf), ['EIO', 'EIO', 'EIO'])
      assert.equal(await commit('d', 3), 1)
    },
  ))
})
