// Prints what is appended to a file, like `tail -f`: its changes, its reads, a timer and Ctrl-C come out of one queue.
//   node examples/follow.mjs file [seconds of silence after which it ends]
import { close, open, read } from 'trueaio'
import { EventQueue } from 'trueaio/event-queue'

const [file, silence = 'Infinity'] = process.argv.slice(2)
if (file === undefined) {
  console.error('usage: node examples/follow.mjs file [seconds]')
  process.exit(2)
}
const queue = new EventQueue()
const buffer = Buffer.alloc(65536)
let fd = -1
let offset = 0
let reading = false
let changed = true
let quiet

/** One read at a time; a change in the meantime asks for another. */
function readOn() {
  if (fd < 0 || reading || !changed) return
  reading = true
  changed = false
  queue.submit(read(fd, buffer, offset), 'read')
}

function waitQuietly() {
  quiet?.remove()
  if (Number.isFinite(Number(silence))) quiet = queue.timer(Number(silence) * 1000, 'quiet')
}

await queue.watchPath(file, 'changed')
queue.signal('SIGINT', 'stop')
queue.submit(open(file), 'opened')
waitQuietly()
loop: for await (const { cookie, result, error } of queue) {
  if (error !== undefined) throw error
  switch (cookie) {
    case 'opened':
      fd = result
      break
    case 'changed':
      changed = true
      break
    case 'read':
      reading = false
      if (result > 0) {
        process.stdout.write(Buffer.from(buffer.subarray(0, result)))
        offset += result
        changed = true // there may be more
        waitQuietly()
      }
      break
    default: // 'stop', 'quiet'
      break loop
  }
  readOn()
}
queue.submit(close(fd), 'closed')
await queue.getEvents({ min: 1, timeout: 1000 })
await queue.close()
