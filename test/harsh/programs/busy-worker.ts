// A worker that never ends by itself: operations in flight and a stream of completions. Says when it has begun.
import { parentPort } from 'node:worker_threads'
import { keepBusy, putInFlight } from './in-flight.js'

const { io } = putInFlight(2000)
void keepBusy(io)
setTimeout(() => parentPort?.postMessage(io.port), 20)
