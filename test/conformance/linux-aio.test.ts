// The suite on the kernel's asynchronous I/O of 2002, and on the thread pool below it for what that does not take.
import { conformance } from './suite.js'

await conformance({
  name: 'linux-aio',
  driver: 'linux-aio',
  storage: 'disk',
  lacks: {
    message: 'neither a context nor a pool has a ring that another could write into (docs/drivers/linux-aio.md)',
  },
})
