// Ends in the way its argument names, with thousands of operations in flight.
import { message, nop, Proactor, read, timer } from 'trueaio'
import { makePipe } from '../system-calls.js'
import { keepBusy, putInFlight } from './in-flight.js'

const way = process.argv[2]

if (way === 'exit-at-once') {
  putInFlight(3000)
  process.exit(7)
}

switch (way) {
  case 'exit': {
    void keepBusy(putInFlight(3000).io)
    setTimeout(() => process.exit(7), 20)
    break
  }
  case 'unref': {
    // Nothing else keeps the loop alive: the process ends, and its rings with it.
    const { io } = putInFlight(3000)
    io.unref()
    break
  }
  case 'throw-in-callback': {
    const { io } = putInFlight(100)
    io.submit(nop(), () => {
      throw new Error('thrown in a callback')
    })
    break
  }
  case 'throw-in-wakeup': {
    const { io } = putInFlight(100)
    io.submit(timer(1), () => {
      throw new Error('thrown in a callback')
    })
    break
  }
  case 'reject': {
    const { io } = putInFlight(100)
    void io.submit(timer(3_600_000), { timeout: 1 })
    break
  }
  case 'caught': {
    // Every callback runs though each throws, whether the completions came at once or by a wake-up of the loop.
    const io = new Proactor()
    const { readEnd } = makePipe()
    io.submit(read(readEnd, Buffer.alloc(1)), () => undefined)
    io.unref()
    const caught: string[] = []
    process.on('uncaughtException', (error) => {
      caught.push(error.message)
      if (caught.length === 20) {
        console.log(caught.join())
        process.exit(0)
      }
    })
    const thrower = (name: string) => (): never => {
      throw new Error(name)
    }
    for (let index = 0; index < 10; index++) io.submit(nop(), thrower(`nop${String(index)}`))
    for (let index = 0; index < 10; index++) io.submit(timer(5 + index / 100), thrower(`timer${String(index)}`))
    setTimeout(() => undefined, 10_000)
    break
  }
  case 'listener': {
    // What stands behind the message in the ring still completes.
    const sender = new Proactor({ driver: 'io-uring' })
    const receiver = new Proactor({ driver: 'io-uring' })
    receiver.onMessage = () => {
      throw new Error('thrown in a listener')
    }
    process.on('uncaughtException', (error) => console.log(error.message))
    const ticks = receiver.submit(timer(1))
    sender.runSync([message(receiver.port, 1), message(receiver.port, 2)])
    await ticks
    await receiver.submit(nop())
    await Promise.all([sender.close(), receiver.close()])
    break
  }
  default:
    throw new Error(`unknown way to end: ${String(way)}`)
}
