// Reads a file at random places, so many at once, and tells the rate and the latencies: batches of events, no promise each,
// into aligned memory that the kernel knows. With O_DIRECT where the file system has it: past the page cache, from the device.
//   node examples/random-reads.mjs file [reads] [in flight] [direct]
import { constants } from 'node:fs'
import { close, fstatx, open, Proactor, read } from 'trueaio'

const BLOCK = 4096
const [file, reads = '100000', inFlight = '32', direct] = process.argv.slice(2)
if (file === undefined) {
  console.error('usage: node examples/random-reads.mjs file [reads] [in flight] [direct]')
  process.exit(2)
}
const io = new Proactor({ latency: true })
const fd = await io.submit(open(file, { flags: constants.O_RDONLY | (direct === 'direct' ? constants.O_DIRECT : 0) }))
const { size } = await io.submit(fstatx(fd))
const blocks = Math.floor(size / BLOCK)
if (blocks === 0) throw new Error(`${file} is smaller than one block of ${BLOCK} bytes`)
const buffers = Array.from({ length: Number(inFlight) }, () => io.buffers.allocate(BLOCK))
const queue = io.completionQueue({ capacity: Number(inFlight) })
let left = Number(reads)

function submit(lane) {
  if (left === 0) return
  left--
  queue.submit(read(fd, buffers[lane], Math.floor(Math.random() * blocks) * BLOCK), lane)
}

const start = performance.now()
for (let lane = 0; lane < buffers.length; lane++) submit(lane)
for (let done = 0; done < Number(reads);) {
  for (const { cookie: lane, error } of await queue.wait()) {
    if (error !== undefined) throw error
    done++
    submit(lane)
  }
}
const seconds = (performance.now() - start) / 1000
console.log(`${Math.round(Number(reads) / seconds)} reads/s by ${io.explain(read(fd, buffers[0], 0))}`)
const { latency } = io.statistics.operations.read
console.log(`latency: median ${latency.percentile(50) / 1000} µs, p99 ${latency.percentile(99) / 1000} µs, most ${latency.max / 1000} µs`)
queue.close()
for (const buffer of buffers) io.buffers.release(buffer)
await io.submit(close(fd))
await io.close()
