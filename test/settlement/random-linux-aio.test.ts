// Random operations along the life of an entry, on linux-aio.
import { testRandomOperations } from './random-tests.js'

testRandomOperations('linux-aio')
