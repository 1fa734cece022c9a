// Benchmark — all suites, in the order they run. Those of the drop-in `trueaio/fs` and of the classic interfaces run when they are asked for.
import type { Suite } from './suite.js'
import { acallSuite } from './suites/acall.js'
import { anyCall } from './suites/call.js'
import { commit } from './suites/commit.js'
import { completionPort } from './suites/completion-port.js'
import { direct } from './suites/direct.js'
import { eventQueue } from './suites/event-queue.js'
import { fsCrypto } from './suites/fs-crypto.js'
import { fsHandle } from './suites/fs-handle.js'
import { fsRead } from './suites/fs-read.js'
import { fsRemove } from './suites/fs-remove.js'
import { fsStat } from './suites/fs-stat.js'
import { fsStream } from './suites/fs-stream.js'
import { fsTree } from './suites/fs-tree.js'
import { fsUpdate } from './suites/fs-update.js'
import { fsWrite } from './suites/fs-write.js'
import { linuxAio } from './suites/linux-aio.js'
import { pool } from './suites/pool.js'
import { posixAio } from './suites/posix-aio.js'
import { random } from './suites/random.js'
import { sequential } from './suites/sequential.js'
import { smallFiles } from './suites/small-files.js'
import { stat } from './suites/stat.js'
import { steady } from './suites/steady.js'
import { work } from './suites/work.js'

export const SUITES: readonly Suite[] = [
  random, direct, sequential, commit, smallFiles, stat, pool, anyCall, steady,
  fsRead, fsStat, fsHandle, fsUpdate, fsWrite, fsTree, fsStream, fsCrypto, fsRemove,
  posixAio, acallSuite, linuxAio, completionPort, eventQueue, work,
]
