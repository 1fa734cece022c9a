// Copies a file, or downloads one, so that it can be killed at any time and continues when it is started again.
//   node examples/resume-copy.mjs from to [rate]
import { transfer } from 'trueaio/transfer'

const [from, to, rate] = process.argv.slice(2)
if (from === undefined || to === undefined) {
  console.error('usage: node examples/resume-copy.mjs from to [rate]')
  process.exit(2)
}
const { bytes, resumed } = await transfer(from, to, { resume: `${to}.journal`, pieces: { size: '64KiB' }, rate })
console.log(`${bytes} bytes, ${resumed} of them from before`)
