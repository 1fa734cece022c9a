// Random operations along the life of an entry, on iocp.
import { testRandomOperations } from './random-tests.js'

testRandomOperations('iocp')
