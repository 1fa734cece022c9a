// Random operations along the life of an entry, on io-uring.
import { testRandomOperations } from './random-tests.js'

testRandomOperations('io-uring')
