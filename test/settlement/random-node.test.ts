// Random operations along the life of an entry, on node.
import { testRandomOperations } from './random-tests.js'

testRandomOperations('node')
