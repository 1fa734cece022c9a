// The matrix of every way of writing and every fault, on linux-aio.
import { matrix } from './matrix/matrix.js'

matrix({ name: 'linux-aio', driver: 'linux-aio' })
