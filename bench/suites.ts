// Benchmark — all suites, in the order they run. Those of the drop-in `trueaio/fs` and of the classic interfaces run when they are asked for.
import type { Suite } from './suite.js'
import { acallSuite } from './suites/interface/acall.js'
import { anyCall } from './suites/engine/call.js'
import { commit } from './suites/engine/commit.js'
import { completionPort } from './suites/interface/completion-port.js'
import { direct } from './suites/engine/direct.js'
import { eventQueue } from './suites/interface/event-queue.js'
import { fsCrypto } from './suites/fs/fs-crypto.js'
import { fsHandle } from './suites/fs/fs-handle.js'
import { fsRead } from './suites/fs/fs-read.js'
import { fsRemove } from './suites/fs/fs-remove.js'
import { fsStat } from './suites/fs/fs-stat.js'
import { fsStream } from './suites/fs/fs-stream.js'
import { fsTree } from './suites/fs/fs-tree.js'
import { fsUpdate } from './suites/fs/fs-update.js'
import { fsWrite } from './suites/fs/fs-write.js'
import { linuxAio } from './suites/interface/linux-aio.js'
import { netSuite } from './suites/net/net.js'
import { pool } from './suites/engine/pool.js'
import { posixAio } from './suites/interface/posix-aio.js'
import { random } from './suites/engine/random.js'
import { sequential } from './suites/engine/sequential.js'
import { smallFiles } from './suites/engine/small-files.js'
import { stat } from './suites/engine/stat.js'
import { steady } from './suites/engine/steady.js'
import { transferChoice } from './suites/transfer/choice.js'
import { transferSuite } from './suites/transfer/transfer.js'
import { work } from './suites/interface/work.js'

export const SUITES: readonly Suite[] = [
  random, direct, sequential, commit, smallFiles, stat, pool, anyCall, steady,
  fsRead, fsStat, fsHandle, fsUpdate, fsWrite, fsTree, fsStream, fsCrypto, fsRemove,
  posixAio, acallSuite, linuxAio, completionPort, eventQueue, work, netSuite, transferSuite, transferChoice,
]
