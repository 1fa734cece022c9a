// Benchmark suite — `trueaio/transfer` beside Node's own functions and the programs that people would start instead. What counts is the processor time of
// what moves the bytes; the other end of a connection is a process of its own. Each measurement is one whole transfer to where nothing is.
import { createHash } from 'node:crypto'
import { closeSync, createReadStream, openSync, readSync, statSync } from 'node:fs'
import { copyFile, cp } from 'node:fs/promises'
import net from 'node:net'
import { pipeline } from 'node:stream/promises'
import { hash, transfer, type Transfer } from 'trueaio/transfer'
import type { Case, Context, ProcessContender, Suite, Workload } from '../../suite.js'
import { countEntries } from '../../workload/tree-files.js'
import { startPeer, type Peer } from '../../workload/tcp-peer.js'
import { programs } from './programs.js'
import { COPY, HASH, newTarget, operationsOf, RECEIVE, SEND, sourceOf, TREE } from './work.js'

export const OURS = 'trueaio/transfer'
const PROGRESS_MILLISECONDS = 200
const HASH_BYTES = 65_536

/** One transfer of a source to a new target. */
type Once = (source: string, target: string) => Promise<void>

function overFiles(once: Once): (context: Context, one: Case) => Workload {
  return (context, one) => {
    const { source, operations } = sourceOf(context, one)
    let target = ''
    return {
      prepare: () => void (target = newTarget(context)),
      async run(budget) {
        await once(source, target)
        budget.add(operations)
        if (one.work === TREE) expectEntries(target, operations)
        else if (one.work === COPY) operationsOf(context, statSync(target).size)
      },
      close() { /* the run's directory is removed as a whole */ },
    }
  }
}

function expectEntries(target: string, wanted: number): void {
  const entries = countEntries(target)
  if (entries !== wanted) throw new Error(`${String(entries)} entries came, of ${String(wanted)}`)
}

/** One transfer to or from a peer that was started before. */
function overTcp(kind: 'take' | 'send', once: (source: string, port: number, target: string) => Promise<void>): (context: Context, one: Case) => Workload {
  return (context, one) => {
    const { source, operations } = sourceOf(context, one)
    let peer: Peer | undefined
    let target = ''
    return {
      async prepare() {
        target = newTarget(context)
        peer = await startPeer(kind === 'take' ? { kind } : { kind, path: source })
      },
      async run(budget) {
        if (peer === undefined) return
        await once(source, peer.port, target)
        operationsOf(context, await peer.ended)
        if (kind === 'send') operationsOf(context, statSync(target).size)
        budget.add(operations)
      },
      close() { /* the peer has ended */ },
    }
  }
}

async function ignoring(job: Transfer): Promise<void> {
  await job
}

const address = (port: number): string => `127.0.0.1:${String(port)}:tcp`

async function withProgress(source: string, target: string): Promise<void> {
  const job = transfer(source, target)
  for await (const { bytes, total } of job.progress({ every: PROGRESS_MILLISECONDS })) if (total !== undefined && bytes > total) throw new Error('more than all')
  await job
}

/** What a hash costs that copies nothing: read in pieces that stay in the processor's cache. */
function hashAlone(source: string): Promise<void> {
  const digest = createHash('sha256')
  const piece = Buffer.alloc(HASH_BYTES)
  const fd = openSync(source, 'r')
  for (let bytes = readSync(fd, piece); bytes > 0; bytes = readSync(fd, piece)) digest.update(piece.subarray(0, bytes))
  closeSync(fd)
  digest.digest()
  return Promise.resolve()
}

async function hashAndCopy(source: string, target: string): Promise<void> {
  await hashAlone(source)
  await copyFile(source, target)
}

type Makes = Readonly<Record<string, (context: Context, one: Case) => Workload>>

const MAKES: Readonly<Record<string, Makes>> = {
  [OURS]: {
    [COPY]: overFiles(withProgress),
    [HASH]: overFiles((source, target) => ignoring(transfer(source, target, { through: [hash('sha256')] }))),
    [SEND]: overTcp('take', (source, port) => ignoring(transfer(source, address(port)))),
    [RECEIVE]: overTcp('send', (_, port, target) => ignoring(transfer(address(port), target))),
    [TREE]: overFiles((source, target) => ignoring(transfer(source, target))),
  },
  'trueaio/transfer, preserve': { [TREE]: overFiles((source, target) => ignoring(transfer(source, target, { preserve: true }))) },
  'fs/promises.copyFile': { [COPY]: overFiles(copyFile) },
  'fs/promises.cp': { [TREE]: overFiles((source, target) => cp(source, target, { recursive: true })) },
  'node:crypto, hashing alone': { [HASH]: overFiles(hashAlone) },
  'node:crypto, then copyFile': { [HASH]: overFiles(hashAndCopy) },
  'node:net, streams': { [SEND]: overTcp('take', (source, port) => pipeline(createReadStream(source, { highWaterMark: 2 ** 20 }), net.connect(port, '127.0.0.1'))) },
}

function contender(name: string): ProcessContender {
  return { kind: 'process', name, quick: name === OURS, takesPart: ({ work }) => MAKES[name]?.[work] !== undefined, make: (context, one) => (MAKES[name]?.[one.work] as Makes[string])(context, one) } // takesPart has looked
}

export const transferSuite: Suite = {
  name: 'transfer',
  title: 'Transfers: MiB, or entries of a tree',
  unit: 'units',
  cases: [COPY, HASH, SEND, RECEIVE, TREE].map((work) => ({ name: work, work, inFlight: 1, bytes: 0, quick: true })),
  contenders: [...Object.keys(MAKES).map(contender), ...programs],
  reference: OURS,
  stride: 1,
  byDefault: false,
}
