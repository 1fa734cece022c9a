// A worker that never ends by itself: operations in flight and a stream of completions. Says when it has begun.
import { parentPort } from 'node:worker_threads'
import { timer } from 'trueaio'
import { keepBusy, putInFlight } from './in-flight.js'

const { io } = putInFlight(2000)
for (let index = 0; index < 50; index++) io.submit(timer(1, { multishot: true }), () => undefined)
void keepBusy(io)
setTimeout(() => parentPort?.postMessage(io.port), 20)
