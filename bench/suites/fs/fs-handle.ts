// Benchmark suite — FileHandle.read and fs.read of 4 KiB at random places, out of the page cache.
import { closeSync, openSync } from 'node:fs'
import { BlockReads } from '../../workload/block-reads.js'
import { BLOCK_BYTES } from '../../workload/data-files.js'
import { driveCallbacks, drivePromises } from '../../workload/drive.js'
import { callbackContenders, OURS_PROMISES, promiseContenders } from '../../contenders/fs-contenders.js'
import { inFlightCases, type Case, type Suite } from '../../suite.js'

function buffersFor({ inFlight, bytes }: Case): Buffer[] {
  return Array.from({ length: inFlight }, () => Buffer.allocUnsafeSlow(bytes))
}

export const fsHandle: Suite = {
  name: 'fs-handle',
  title: 'The drop-in: FileHandle.read and fs.read, 4 KiB, random, page-cached',
  unit: 'reads',
  cases: inFlightCases([1, 32], [1, 32], BLOCK_BYTES),
  contenders: [
    ...promiseContenders(async ({ open }, { files }, case_) => {
      const buffers = buffersFor(case_)
      const reads = new BlockReads(files, case_.bytes, buffers)
      const handle = await open(files.blocks)
      return {
        run: (budget) => drivePromises(
          case_.inFlight, budget,
          (lane) => handle.read(buffers[lane] as Buffer, 0, case_.bytes, reads.next(lane)), // one buffer a lane
          (lane, { bytesRead }) => reads.check(lane, bytesRead),
        ),
        close: () => handle.close(),
      }
    }),
    ...callbackContenders(({ read }, { files }, case_) => {
      const buffers = buffersFor(case_)
      const reads = new BlockReads(files, case_.bytes, buffers)
      const fd = openSync(files.blocks, 'r')
      return {
        run: (budget) => driveCallbacks<number>(
          case_.inFlight, budget,
          (lane, done) => read(fd, buffers[lane] as Buffer, 0, case_.bytes, reads.next(lane), done),
          (lane, bytes) => reads.check(lane, bytes),
        ),
        close: () => closeSync(fd),
      }
    }),
  ],
  reference: OURS_PROMISES,
  byDefault: false,
}
