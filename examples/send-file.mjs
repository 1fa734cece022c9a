// Sends a file to an address, or takes what an address sends into a file.
//   node examples/send-file.mjs disk.img 192.168.0.1:9000:tcp
//   node examples/send-file.mjs 192.168.0.1:9000:tcp disk.img
import { transfer } from 'trueaio/transfer'

const [source, target] = process.argv.slice(2)
if (source === undefined || target === undefined) {
  console.error('usage: node examples/send-file.mjs source target')
  process.exit(2)
}
const { bytes, devices } = await transfer(source, target)
console.log(`${bytes} bytes by ${devices.join(', ')}`)
