// Wrong arguments: Node's own classes, codes and sentences, thrown before anything reaches a driver. Where node:fs has the
// same check, its error is the expected one.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import { describe, test } from 'node:test'
import {
  access, call, chmod, chown, copyFileRange, fallocate, fchmod, fchown, fsync, ftruncate, futimes, getxattr, hardLink, link, madvise, message,
  mkdir, open, poll, read, readlink, readv, rename, rmdir, sendfile, setxattr, splice, statx, symlink, syncFileRange, timer, truncate, unlink,
  utimes, waitChild, write, writev, type FileReference,
} from 'trueaio'

interface NodeError {
  readonly name: string
  readonly code: string
  readonly message: string
}

function thrownBy(run: () => unknown): NodeError {
  try {
    run()
  } catch (error) {
    const { name, message, code } = error as Error & { code: string }
    assert.ok(error instanceof Error)
    return { name, code, message }
  }
  return assert.fail('nothing was thrown')
}

/** Throws just what node:fs throws. */
function throwsAlike(ours: () => unknown, theirs: () => unknown): void {
  assert.deepEqual(thrownBy(ours), thrownBy(theirs))
}

const wrong = (value: unknown): never => value as never
const buffer = Buffer.alloc(8)

describe('descriptors', () => {
  for (const fd of ['1', null, undefined, true, 1n, NaN, 1.5, -1, 2 ** 31, Infinity]) {
    test(`${String(fd)} (${typeof fd})`, () => {
      const { name, code } = thrownBy(() => fs.fsyncSync(wrong(fd)))
      for (const make of [() => fsync(wrong(fd)), () => read(wrong(fd), buffer), () => writev(wrong(fd), [buffer]), () => ftruncate(wrong(fd)), () => poll(wrong(fd), 1), () => fchmod(wrong(fd), 0)]) {
        const ours = thrownBy(make)
        assert.deepEqual([ours.name, ours.code], [name, code])
        assert.match(ours.message, /"fd"/)
      }
    })
  }

  test('out of range, word for word', () => {
    for (const fd of [-1, 2 ** 31, 1.5]) throwsAlike(() => fsync(fd), () => fs.fsyncSync(fd))
  })

  test('anything with a number as fd will do', () => {
    const file: FileReference = { fd: 5 }
    assert.equal(fsync(file).file, 5)
    for (const fd of [{}, { fd: '5' }, []]) assert.equal(thrownBy(() => fsync(wrong(fd))).code, 'ERR_INVALID_ARG_TYPE')
    assert.equal(thrownBy(() => fsync({ fd: -5 })).code, 'ERR_OUT_OF_RANGE')
  })
})

describe('paths', () => {
  const operations: readonly (readonly [string, (path: never) => unknown, (path: never) => unknown])[] = [
    ['open', (path) => open(path), (path) => fs.openSync(path, 'r')], ['statx', (path) => statx(path), (path) => fs.statSync(path)],
    ['unlink', (path) => unlink(path), (path) => fs.unlinkSync(path)], ['rmdir', (path) => rmdir(path), (path) => { fs.rmdirSync(path) }],
    ['mkdir', (path) => mkdir(path), (path) => fs.mkdirSync(path)], ['readlink', (path) => readlink(path), (path) => fs.statSync(path)], // node:fs 20 calls readlink's path "oldPath"
    ['access', (path) => access(path), (path) => fs.accessSync(path)], ['chmod', (path) => chmod(path, 0), (path) => fs.chmodSync(path, 0)],
    ['chown', (path) => chown(path, 0, 0), (path) => fs.chownSync(path, 0, 0)], ['utimes', (path) => utimes(path, 0, 0), (path) => fs.utimesSync(path, 0, 0)],
    ['truncate', (path) => truncate(path), (path) => fs.truncateSync(path, 0)],
  ]
  for (const [name, ours, theirs] of operations) {
    test(`of ${name}`, () => {
      for (const path of ['with\0nul', Buffer.from('with\0nul')]) {
        const mine = thrownBy(() => ours(wrong(path)))
        const other = thrownBy(() => theirs(wrong(path)))
        assert.deepEqual(mine, other)
      }
      for (const path of [1, null, undefined, {}, true, ['a']]) throwsAlike(() => ours(wrong(path)), () => fs.statSync(wrong(path)))
    })
  }

  test('a second path is checked under its own name', () => {
    for (const make of [() => rename('a', wrong(1)), () => link('a', wrong(1))]) assert.match(thrownBy(make).message, /^The "dest" argument must be of type string/)
    assert.equal(thrownBy(() => symlink('a', 'b\0')).code, 'ERR_INVALID_ARG_VALUE')
  })

  test('URLs must be file URLs without encoded slashes', () => {
    for (const url of ['https://example.org/x', 'file:///a%2Fb', 'file:///a%00b']) {
      const path = new URL(url)
      const mine = thrownBy(() => open(path))
      const other = thrownBy(() => fs.openSync(path, 'r'))
      assert.deepEqual([mine.name, mine.code], [other.name, other.code])
    }
  })
})

describe('buffers', () => {
  test('must be views over memory', () => {
    for (const view of ['text', 1, null, undefined, [1], {}, new ArrayBuffer(4)]) {
      throwsAlike(() => read(1, wrong(view)), () => fs.readSync(1, wrong(view), 0, 1, 0))
      assert.equal(thrownBy(() => write(1, wrong(view))).code, 'ERR_INVALID_ARG_TYPE')
      assert.equal(thrownBy(() => setxattr('x', 'user.a', wrong(view))).code, 'ERR_INVALID_ARG_TYPE')
    }
  })

  test('of vectors: an array, of views, of at most 1024', () => {
    for (const make of [() => readv(1, wrong(buffer)), () => readv(1, wrong('x')), () => writev(1, wrong([1])), () => readv(1, wrong([buffer, 'x']))]) {
      assert.equal(thrownBy(make).code, 'ERR_INVALID_ARG_TYPE')
    }
    assert.match(thrownBy(() => readv(1, wrong([buffer, null]))).message, /"buffers\[1\]"/)
    assert.equal(thrownBy(() => writev(1, new Array<Buffer>(1025).fill(buffer))).code, 'ERR_OUT_OF_RANGE')
  })

  test('detached ones are refused by name', () => {
    const bytes = new Uint8Array(8)
    structuredClone(bytes.buffer, { transfer: [bytes.buffer] })
    for (const make of [() => read(1, bytes), () => write(1, bytes), () => readv(1, [bytes]), () => madvise(bytes, 0), () => getxattr('x', 'user.a', bytes), () => call('read', 0, bytes, 0)]) {
      const { name, code, message } = thrownBy(make)
      assert.deepEqual([name, code], ['TypeError', 'ERR_INVALID_STATE'])
      assert.match(message, /detached/)
    }
    assert.equal(read(1, new Uint8Array(0)).length, 0)
  })

  test('lengths lie within them', () => {
    for (const length of [-1, 9, 1.5, NaN]) assert.equal(thrownBy(() => read(1, buffer, { length })).code, 'ERR_OUT_OF_RANGE')
    for (const length of ['4', null, 4n]) assert.equal(thrownBy(() => write(1, buffer, { length: wrong(length) })).code, 'ERR_INVALID_ARG_TYPE')
    assert.equal(read(1, buffer, { length: 8 }).length, 8)
  })
})

describe('offsets', () => {
  test('null, undefined and -1 are the current position', () => {
    for (const offset of [null, undefined, -1, -1n]) assert.equal(read(1, buffer, offset === undefined ? {} : { offset }).offset, -1)
    assert.equal(read(1, buffer).offset, -1)
  })

  test('numbers and bigints up to 2^53 - 1', () => {
    for (const offset of [0, 0n, 2 ** 40, 2n ** 40n, Number.MAX_SAFE_INTEGER, BigInt(Number.MAX_SAFE_INTEGER)]) {
      assert.equal(read(1, buffer, { offset }).offset, Number(offset))
      assert.equal(write(1, buffer, { offset }).offset, Number(offset))
      assert.equal(writev(1, [buffer], { offset }).offset, Number(offset))
    }
  })

  test('beyond, negative, broken ones are out of range', () => {
    for (const offset of [-2, -1.5, 0.5, NaN, Infinity, 2 ** 53, -2n, 2n ** 53n, 2n ** 70n]) {
      for (const make of [() => read(1, buffer, { offset }), () => writev(1, [buffer], { offset }), () => copyFileRange(1, 2, 3, { targetOffset: offset }), () => splice(1, 2, 3, { sourceOffset: offset })]) {
        assert.deepEqual([thrownBy(make).name, thrownBy(make).code], ['RangeError', 'ERR_OUT_OF_RANGE'])
      }
    }
    for (const offset of ['0', true, {}]) assert.equal(thrownBy(() => read(1, buffer, { offset: wrong(offset) })).code, 'ERR_INVALID_ARG_TYPE')
  })

  test('out of range, in the words of node:fs', () => {
    // node:fs says "position" where this package says "offset".
    for (const offset of [-2, 2 ** 53]) {
      const { message } = thrownBy(() => read(1, buffer, { offset }))
      assert.equal(message.replace('"offset"', '"position"'), thrownBy(() => fs.readSync(1, buffer, 0, 1, offset)).message)
    }
  })
})

describe('numbers', () => {
  const cases: readonly (readonly [string, () => unknown])[] = [
    ['flags of open', () => open('x', { flags: -1 })], ['mode of open', () => open('x', { mode: 0o10000 })], ['resolve', () => open('x', { resolve: 2 ** 31 })],
    ['mode of mkdir', () => mkdir('x', { mode: 1.5 })], ['access mode', () => access('x', 8)], ['chmod', () => chmod('x', -1)], ['uid', () => chown('x', -2, 0)],
    ['gid', () => fchown(1, 0, 2 ** 32)], ['flags of rename', () => rename('a', 'b', { flags: -1 })], ['statx mask', () => statx('x', { mask: -1 })],
    ['fallocate mode', () => fallocate(1, -1, 0, 1)], ['fallocate offset', () => fallocate(1, 0, -1, 1)], ['fallocate length', () => fallocate(1, 0, 0, 2n ** 60n)],
    ['sync_file_range', () => syncFileRange(1, -1, 0, 0)], ['length of copy', () => copyFileRange(1, 2, -1)], ['length of sendfile', () => sendfile(1, 2, 1.5)],
    ['xattr flags', () => setxattr('x', 'user.a', buffer, 4)], ['advice', () => madvise(buffer, -1)], ['poll events', () => poll(1, 0x10000)],
    ['timer', () => timer(-1)], ['timer NaN', () => timer(NaN)], ['multishot timer of 0', () => timer(0, { multishot: true })],
    ['multishot timer at an instant', () => timer(5, { multishot: true, absolute: true })], ['message value', () => message(1, 2 ** 31)], ['message tag', () => message(1, 0, -1)],
    ['truncate', () => truncate('x', -1)], ['ftruncate', () => ftruncate(1, -1n)], ['waitChild', () => waitChild(-1)], ['id type', () => waitChild(1, { idType: 4 })], ['call number', () => call(-1)],
  ]
  for (const [name, make] of cases) {
    test(`${name} out of range`, () => assert.deepEqual([thrownBy(make).name, thrownBy(make).code], ['RangeError', 'ERR_OUT_OF_RANGE']))
  }

  test('of another type', () => {
    for (const make of [() => open('x', { flags: wrong('r') }), () => chmod('x', wrong(null)), () => timer(wrong('5')), () => poll(1, wrong('in')), () => utimes('x', wrong('now'), 0), () => futimes(1, 0, NaN)]) {
      assert.deepEqual([thrownBy(make).name, thrownBy(make).code], ['TypeError', 'ERR_INVALID_ARG_TYPE'])
    }
  })

  test('what is no integer, in the words of node:fs', () => {
    throwsAlike(() => open('x', { flags: 0.5 }), () => fs.openSync('x', 0.5))
  })
})

describe('system calls', () => {
  test('names and numbers', () => {
    assert.equal(thrownBy(() => call(wrong('no_such_call'))).code, 'ERR_INVALID_ARG_VALUE')
    assert.equal(thrownBy(() => call(wrong(null))).code, 'ERR_INVALID_ARG_TYPE')
    assert.equal(thrownBy(() => call(1.5)).code, 'ERR_OUT_OF_RANGE')
  })

  test('arguments: at most six, safe integers, bigints, memory, text without NUL', () => {
    assert.equal(thrownBy(() => call('getpid', 1, 2, 3, 4, 5, 6, 7)).code, 'ERR_INVALID_ARG_VALUE')
    for (const value of [1.5, NaN, 2 ** 53, 'a\0b']) assert.equal(thrownBy(() => call('getpid', value)).code, 'ERR_INVALID_ARG_VALUE')
    for (const value of [{}, undefined, true, []]) assert.match(thrownBy(() => call('getpid', 0, wrong(value))).message, /"arguments\[1\]"/)
    assert.ok(call('getpid', 1, -1, 1n, null, 'text', buffer))
  })
})

describe('errors look like Node\'s', () => {
  test('code in the first line of the stack, not in the name', () => {
    const error = ((): Error => {
      try {
        fsync(-1)
      } catch (thrown) {
        return thrown as Error
      }
      return assert.fail()
    })()
    assert.equal(error.name, 'RangeError')
    assert.match(error.stack ?? '', /^RangeError \[ERR_OUT_OF_RANGE\]: The value of "fd"/)
    assert.match(error.stack ?? '', /arguments\.test/)
    assert.deepEqual(Object.keys(error), ['code'])
  })

  test('hardLink takes operations only', () => {
    assert.equal(thrownBy(() => hardLink(wrong('x'))).code, 'ERR_INVALID_ARG_TYPE')
  })
})
