// A test of one's own code against a disk that fails: short writes, errors in any place, completions in any order, a thousand
// seeds in a second. What a seed found once it finds again.
//   node examples/test-with-faults.mjs [seeds]
import assert from 'node:assert/strict'
import { constants } from 'node:fs'
import { close, fdatasync, open, Proactor, rename, unlink, write } from 'trueaio'
import { simulated } from 'trueaio/simulated'

/** What is under test: a file is replaced as a whole or not at all. */
async function replace(io, path, content) {
  const temporary = `${path}.new`
  const file = await io.submit(open(temporary, { flags: constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC }))
  try {
    try {
      for (let at = 0; at < content.length;) at += await io.submit(write(file, content.subarray(at), at))
      await io.submit(fdatasync(file))
    } finally {
      await io.submit(close(file))
    }
    await io.submit(rename(temporary, path))
  } catch (error) {
    await io.submit(unlink(temporary)).catch(() => undefined) // it may not be there, and the first error is the one to tell
    throw error
  }
}

const seeds = Number(process.argv[2] ?? '300')
const outcomes = { replaced: 0, failed: 0 }
for (let seed = 1; seed <= seeds; seed++) {
  const driver = simulated({ seed, shortRate: 0.3, errorRates: { EIO: 0.1, ENOSPC: 0.05 }, delay: [0, 20] })
  driver.files.write('/settings', 'old')
  const io = new Proactor({ driver })
  const isReplaced = await replace(io, '/settings', Buffer.from('new and longer')).then(() => true, () => false)
  await io.close()
  assert.equal(driver.files.read('/settings').toString(), isReplaced ? 'new and longer' : 'old', `seed ${seed}: ${driver.log.toString()}`)
  assert.equal(driver.openDescriptors, 0, `seed ${seed} leaves a descriptor open`)
  outcomes[isReplaced ? 'replaced' : 'failed']++
}
console.log(outcomes)
