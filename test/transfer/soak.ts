// Transfers killed at random points, and made again: 200 times, or as often as asked. Prints the seed that repeats it.
//   node build/test/transfer/soak.js [kills] [seed]
import { killAndResume } from './kills.js'

const [kills = '200', seed = String(Date.now() % 1_000_000)] = process.argv.slice(2)
console.log(`${kills} kills, seed ${seed}`)
await killAndResume(Number(kills), Number(seed))
console.log('all bytes are equal')
