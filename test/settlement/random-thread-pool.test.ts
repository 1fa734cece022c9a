// Random operations along the life of an entry, on thread-pool.
import { testRandomOperations } from './random-tests.js'

testRandomOperations('thread-pool')
