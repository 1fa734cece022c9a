// The matrix of every way of writing and every fault, on io-uring, and what it has no opcode for on the pool below it.
import { matrix } from './matrix/matrix.js'

matrix({ name: 'io-uring', driver: ['io-uring', 'thread-pool'] })
