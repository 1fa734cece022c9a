// The suite on the pool of native threads.
import { conformance } from './suite.js'

await conformance({
  name: 'thread-pool',
  driver: 'thread-pool',
  storage: 'disk',
  lacks: {
    message: 'a pool has no ring that another could write into (docs/drivers/thread-pool.md)',
  },
})
