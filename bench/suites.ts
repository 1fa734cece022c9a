// Benchmark — all suites, in the order they run.
import type { Suite } from './suite.js'
import { anyCall } from './suites/call.js'
import { commit } from './suites/commit.js'
import { direct } from './suites/direct.js'
import { pool } from './suites/pool.js'
import { random } from './suites/random.js'
import { sequential } from './suites/sequential.js'
import { smallFiles } from './suites/small-files.js'
import { stat } from './suites/stat.js'
import { steady } from './suites/steady.js'

export const SUITES: readonly Suite[] = [random, direct, sequential, commit, smallFiles, stat, pool, anyCall, steady]
