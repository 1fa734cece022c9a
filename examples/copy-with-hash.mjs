// Copies a file and tells its SHA-256, reading it once; the copy is read again before it counts.
//   node examples/copy-with-hash.mjs from to
import { hash, transfer } from 'trueaio/transfer'

const [from, to] = process.argv.slice(2)
if (from === undefined || to === undefined) {
  console.error('usage: node examples/copy-with-hash.mjs from to')
  process.exit(2)
}
const { digests } = await transfer(from, to, { through: [hash('sha256')], verify: 'target', sync: true })
console.log(`${digests.sha256.toString('hex')}  ${to}`)
