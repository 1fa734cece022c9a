// Errors of the system in Node's form.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { getSystemErrorMap } from 'node:util'
import { errnoOf, errorCode, systemError } from '#src/operation/system-error.js'

test('every errno that Node knows has Node\'s code and sentence', () => {
  for (const [errno, [code, sentence]] of getSystemErrorMap()) {
    if (errno < -1000) continue // libuv's own, which no system call answers with
    const error = systemError(errno, 'open', 'x')
    assert.equal(error.message, `${code}: ${sentence}, open 'x'`)
    assert.deepEqual({ ...error }, { errno, code, syscall: 'open', path: 'x' })
    assert.equal(errorCode(errno), code)
    assert.equal(errnoOf(code), errno)
  }
})

test('what Node does not name is named all the same', () => {
  assert.deepEqual([-61, -62, -53, -105, -10].map(errorCode), ['ENODATA', 'ETIME', 'EBADR', 'ENOBUFS', 'ECHILD'])
  assert.match(systemError(-4000, 'call').message, /^Unknown system error -4000: /)
})

test('both paths are told, also those given as bytes', () => {
  const error = systemError(-2, 'rename', Buffer.from('a'), new Uint8Array([0x62]))
  assert.equal(error.message, 'ENOENT: no such file or directory, rename \'a\' -> \'b\'')
  assert.deepEqual([error.path, error.dest], ['a', 'b'])
})
