// Copies a tree with a progress line and a deadline: what was new appears whole, or not at all.
//   node examples/transfer-tree.mjs from to [milliseconds]
import { transfer } from 'trueaio/transfer'

const [from, to, milliseconds = '60000'] = process.argv.slice(2)
if (from === undefined || to === undefined) {
  console.error('usage: node examples/transfer-tree.mjs from to [milliseconds]')
  process.exit(2)
}
let files = 0
const job = transfer(from, to, {
  preserve: true, timeout: Number(milliseconds),
  report: ({ action }) => {
    if (action === 'copy') files++
  },
})
const watching = (async () => {
  for await (const { bytes, rateNow } of job.progress({ every: 500 })) console.error(`${files} files, ${bytes} bytes, ${Math.round(rateNow / 1e6)} MB/s`)
})()
try {
  const { bytes } = await job
  await watching
  console.log(`copied ${files} files, ${bytes} bytes`)
} catch (error) {
  if (error.code !== 'ETIMEDOUT') throw error
  console.log(`out of time after ${error.bytes} bytes`)
  process.exitCode = 1
}
