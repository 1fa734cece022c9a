// Copies a tree, and gives up at a deadline: nothing stays open, and what was done by then is reported.
//   node examples/copy-by-deadline.mjs from to [milliseconds]
import { cp } from 'trueaio/fs/promises'

const [from, to, milliseconds = '60000'] = process.argv.slice(2)
if (from === undefined || to === undefined) {
  console.error('usage: node examples/copy-by-deadline.mjs from to [milliseconds]')
  process.exit(2)
}
try {
  await cp(from, to, { recursive: true, timeout: Number(milliseconds) })
  console.log('copied')
} catch (error) {
  if (error.code !== 'ETIMEDOUT') throw error
  console.log(`out of time: at least ${error.entriesCopied ?? 0} entries are there`)
  process.exitCode = 1
}
