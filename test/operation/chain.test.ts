// What a chain may be made of.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chain, CHAIN_LENGTH_MAX, close, hardLink, nop, open, poll, read, statx, timer, write, type Operation } from 'trueaio'
import { linkIsHard } from '#src/operation/chain.js'

const buffer = Buffer.alloc(4)

test('one to CHAIN_LENGTH_MAX operations', () => {
  assert.throws(() => chain(), { code: 'ERR_INVALID_ARG_VALUE' })
  assert.ok(chain(nop()))
  assert.ok(chain(...new Array<Operation>(CHAIN_LENGTH_MAX).fill(nop())))
  assert.throws(() => chain(...new Array<Operation>(CHAIN_LENGTH_MAX + 1).fill(nop())), { code: 'ERR_INVALID_ARG_VALUE' })
})

test('operations only, and no chains or multishot ones', () => {
  for (const member of ['x', null, undefined, {}, Promise.resolve()]) assert.throws(() => chain(nop(), member as never), { code: 'ERR_INVALID_ARG_TYPE', message: /members\[1\]/ })
  assert.throws(() => chain(chain(nop())), { code: 'ERR_INVALID_ARG_VALUE' })
  assert.throws(() => chain(timer(1, { multishot: true })), { code: 'ERR_INVALID_ARG_VALUE' })
  assert.throws(() => chain(nop(), poll(1, 1, { multishot: true })), { code: 'ERR_INVALID_ARG_VALUE' })
})

test('chain.opened needs an open before it', () => {
  assert.throws(() => chain(read(chain.opened, buffer), open('x')), { code: 'ERR_INVALID_ARG_VALUE' })
  assert.throws(() => chain(close(chain.opened)), { code: 'ERR_INVALID_ARG_VALUE' })
  assert.ok(chain(open('x'), read(chain.opened, buffer), close(chain.opened)))
})

test('chain.opened is a file of chains alone', () => {
  assert.throws(() => statx('x', { directory: chain.opened }), { code: 'ERR_INVALID_ARG_VALUE' })
})

test('hardLink is another operation; the one it was made of stays as it is', () => {
  const soft = write(1, buffer, 5)
  const hard = hardLink(soft)
  assert.notEqual(hard, soft)
  assert.equal(soft.detail, undefined)
  assert.deepEqual([hard.opcode, hard.file, hard.buffer, hard.length, hard.offset], [soft.opcode, soft.file, soft.buffer, soft.length, soft.offset])
  const described = hardLink(statx('x'))
  assert.equal(described.detail?.path, 'x')
})

test('a link is hard when asked for, and before the close of the opened file', () => {
  const members = [open('x'), read(chain.opened, buffer), close(chain.opened), hardLink(nop()), nop()]
  assert.deepEqual(members.map((_, position) => linkIsHard(members, position)), [false, true, false, true, false])
  // An open that failed has nothing to close.
  assert.equal(linkIsHard([open('x'), close(chain.opened)], 0), false)
})
