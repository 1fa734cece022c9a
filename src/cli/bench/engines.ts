// ① interface — fio's engines, and what each of them is here. Where that is not one to one, a word says how.
import { Refusal } from '../command.js'
import { nearest } from './option-names.js'

type EngineKind = 'proactor' | 'node' | 'sync' | 'null' | 'files' | 'simulated'

export interface Engine {
  readonly kind: EngineKind
  /** Of a proactor: the driver; undefined: the best here. */
  readonly driver?: string
  /** One operation at a time, whatever iodepth says. */
  readonly isSynchronous?: true
  /** What is not as in fio; printed once. */
  readonly word?: string
  /** What fio has for it, when fio itself runs the same jobs. */
  readonly inFio: string
}

const SYNC = 'is node:fs\' synchronous call, which is one pread(2) or pwrite(2)'

export const ENGINES: Readonly<Record<string, Engine>> = {
  trueaio: { kind: 'proactor', inFio: 'io_uring' },
  io_uring: { kind: 'proactor', driver: 'io-uring', inFio: 'io_uring' },
  'io-uring': { kind: 'proactor', driver: 'io-uring', inFio: 'io_uring' },
  libaio: { kind: 'proactor', driver: 'linux-aio', inFio: 'libaio', word: "engine 'libaio' is the driver linux-aio: what is not direct=1 is a thread's" },
  'linux-aio': { kind: 'proactor', driver: 'linux-aio', inFio: 'libaio' },
  posixaio: { kind: 'proactor', driver: 'thread-pool', inFio: 'posixaio', word: "engine 'posixaio' is the driver thread-pool: threads make the calls, as in the C library" },
  'thread-pool': { kind: 'proactor', driver: 'thread-pool', inFio: 'posixaio' },
  windowsaio: { kind: 'proactor', inFio: 'windowsaio', word: "engine 'windowsaio' is the best driver of this machine" },
  sync: { kind: 'sync', isSynchronous: true, inFio: 'sync', word: `engine 'sync' ${SYNC}, and never lseek(2) with read(2)` },
  psync: { kind: 'sync', isSynchronous: true, inFio: 'psync' },
  vsync: { kind: 'sync', isSynchronous: true, inFio: 'vsync', word: `engine 'vsync' ${SYNC}: it joins no neighbours` },
  pvsync: { kind: 'sync', isSynchronous: true, inFio: 'pvsync', word: `engine 'pvsync' ${SYNC}` },
  pvsync2: { kind: 'sync', isSynchronous: true, inFio: 'pvsync2', word: `engine 'pvsync2' ${SYNC}, without RWF flags` },
  node: { kind: 'node', inFio: 'posixaio' },
  'node-driver': { kind: 'proactor', driver: 'node', inFio: 'posixaio' },
  null: { kind: 'null', inFio: 'null' },
  filecreate: { kind: 'files', inFio: 'filecreate' },
  filestat: { kind: 'files', inFio: 'filestat' },
  filedelete: { kind: 'files', inFio: 'filedelete' },
  simulated: { kind: 'simulated', inFio: 'null' },
}

/** Where a job names none: on POSIX systems fio takes psync; trueaio is measured to know trueaio. */
export const DEFAULT_ENGINE = 'psync'

/** @throws Refusal */
export function engineOf(name: string): Engine {
  const engine = Object.hasOwn(ENGINES, name) ? ENGINES[name] : undefined
  if (engine !== undefined) return engine
  const meant = nearest(name, Object.keys(ENGINES))
  throw new Refusal(`failed parsing ioengine=${name}: expected one of ${Object.keys(ENGINES).join(', ')}${meant === undefined ? '' : `. Did you mean ${meant}?`}`)
}
