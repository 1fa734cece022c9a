// The suite on the ladder as users get it: the ring first, and below it what carries out the rest.
import { conformance } from './suite.js'

await conformance({
  name: 'all drivers together',
  driver: ['io-uring', 'thread-pool', 'node'],
  storage: 'disk',
  lacks: {
  },
})
