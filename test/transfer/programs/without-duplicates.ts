// Without the addon no duplicate can be made: a number that becomes another file's ends the transfer, and that file stays as it is.
import assert from 'node:assert/strict'
import { closeSync, openSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { transfer } from 'trueaio/transfer'

const folder = process.argv[2] ?? ''
writeFileSync(`${folder}/source`, Buffer.alloc(8 << 20, 'S'))
writeFileSync(`${folder}/other`, 'other')

/** Ends transfers that go on at this pace for minutes. */
async function replaced(name: string, begin: (fd: number) => PromiseLike<unknown> & { readonly bytes: number }): Promise<void> {
  const fd = openSync(name, 'r+')
  const job = begin(fd)
  const rejected = assert.rejects(Promise.resolve(job), { code: 'EBADF' })
  while (job.bytes === 0) await new Promise((resolve) => setTimeout(resolve, 1))
  closeSync(fd)
  const other = openSync(`${folder}/other`, 'r+')
  assert.equal(other, fd)
  await rejected
  closeSync(other)
  assert.equal(readFileSync(`${folder}/other`, 'latin1'), 'other')
}

const options = { rate: '1MB' }
writeFileSync(`${folder}/target`, '')
await replaced(`${folder}/target`, (fd) => transfer(`${folder}/source`, { fd, offset: 0 }, options))
await replaced(`${folder}/source`, (fd) => transfer({ fd }, `${folder}/copy`, options))
const fd = openSync(`${folder}/source`, 'r')
closeSync(fd)
await assert.rejects(Promise.resolve(transfer({ fd }, `${folder}/copy`)), { code: 'EBADF', step: 'open' })
assert.ok(statSync(`${folder}/target`).size < 8 << 20)
