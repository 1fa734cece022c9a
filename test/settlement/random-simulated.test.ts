// Random operations along the life of an entry, in a thousand simulations.
import { testRandomSimulations } from './random-tests.js'

testRandomSimulations()
