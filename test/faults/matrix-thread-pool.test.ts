// The matrix of every way of writing and every fault, on thread-pool.
import { matrix } from './matrix/matrix.js'

matrix({ name: 'thread-pool', driver: 'thread-pool' })
