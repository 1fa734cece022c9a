// The matrix of every way of writing and every fault, on node.
import { matrix } from './matrix/matrix.js'

matrix({ name: 'node', driver: 'node' })
