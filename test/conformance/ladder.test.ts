// The suite on the ladder as users get it: the ring first, and below it what carries out the rest.
import { conformance } from './suite.js'

await conformance({
  name: 'all drivers together',
  driver: ['io-uring', 'thread-pool', 'node'],
  storage: 'disk',
  lacks: {
    'positions in pipes refused': 'a ring takes a pipe for a stream and ignores the offset (io_kiocb_update_pos)',
  },
})
