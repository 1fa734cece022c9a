// A device of one's own: an operation that the registry did not have, on the way of a copy. It joins the choice as all others do.
//   node examples/own-device.mjs from to
import { operations, transfer } from 'trueaio/transfer'

const [from, to] = process.argv.slice(2)
if (from === undefined || to === undefined) {
  console.error('usage: node examples/own-device.mjs from to')
  process.exit(2)
}
operations.register({
  operation: 'count lines',
  name: 'a loop',
  capabilities: { where: 'calling thread' },
  start() {
    let lines = 0n
    return {
      update(piece) {
        for (let at = piece.indexOf(10); at >= 0; at = piece.indexOf(10, at + 1)) lines++
      },
      end() {
        const digest = Buffer.alloc(8)
        digest.writeBigUInt64BE(lines)
        return { digest }
      },
      close() {},
    }
  },
})
const { bytes, digests } = await transfer(from, to, { through: [{ operation: 'count lines', name: 'lines' }] })
console.log(`${bytes} bytes, ${digests.lines.readBigUInt64BE()} lines`)
