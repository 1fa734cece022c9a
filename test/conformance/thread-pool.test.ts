// The suite on the thread pool alone.
import { threadPool } from 'trueaio'
import { conformance } from './suite.js'

conformance({
  name: 'thread-pool',
  driver: threadPool,
  storage: 'disk',
  lacks: { message: 'only a ring can be written to from another thread' },
})
