// Benchmark of peers — one contender's work, run by Node, Bun or Deno in a fresh process: the job stands in a JSON file
// that the first argument names, each pass's figures leave as JSON on standard output. Only modules that all three have are imported
// at the top. The first pass finds its code cold, as a build tool does; the second finds it warm.
import { once } from 'node:events'
import { createHash } from 'node:crypto'
import nodeFs from 'node:fs'
import { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { pathToFileURL } from 'node:url'
import { constants, createGzip } from 'node:zlib'

export interface Job {
  readonly task: TaskName
  readonly by: Implementation
  /** Files to work on, where the task goes over many. */
  readonly files: readonly string[]
  /** A source and a target for each pass, where the task has them. */
  readonly passes: readonly { readonly source: string; readonly target: string }[]
  /** Path of the module `fdir`, where it is the implementation. */
  readonly module?: string
}

export type Implementation = 'runtime' | 'runtime, sync' | 'trueaio' | 'trueaio, separate calls' | 'fdir' | 'Bun.file'

export interface Pass {
  readonly operations: number
  readonly seconds: number
  readonly cpuMicroseconds: number
}

type Work = (job: Job, pass: { readonly source: string; readonly target: string }) => Promise<number>
type Promises = typeof import('trueaio/fs/promises')

/** What Bun has beyond Node's modules. */
interface BunFiles {
  file(path: string): { stream(): AsyncIterable<Uint8Array> }
  write(path: string, file: unknown): Promise<number>
}

const MEBIBYTE = 2 ** 20
const AT_ONCE = 64
const READS = 100_000
const READS_AT_ONCE = 32
const NOTHING = { source: '', target: '' }
const SMALL_CONTENT = Buffer.alloc(3000, 'peers ')

/** Node's modules, or ours in their place. Imported before any clock starts. */
let fs = nodeFs
let promises = nodeFs.promises as unknown as Promises

function bun(): BunFiles {
  return (globalThis as unknown as { readonly Bun: BunFiles }).Bun
}

function expect(what: string, is: number, wanted: number): void {
  if (is !== wanted) throw new Error(`${what}: ${String(is)} instead of ${String(wanted)}`)
}

async function atOnce(width: number, count: number, one: (index: number) => Promise<void>): Promise<number> {
  let next = 0
  await Promise.all(Array.from({ length: width }, async () => {
    while (next < count) await one(next++)
  }))
  return count
}

class Counter extends Writable {
  bytes = 0

  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    this.bytes += chunk.length
    done()
  }
}

const streamed = (highWaterMark?: number): Work => async (_, { source }) => {
  const counter = new Counter()
  await pipeline(fs.createReadStream(source, highWaterMark === undefined ? {} : { highWaterMark }), counter)
  expect('bytes streamed', counter.bytes, nodeFs.statSync(source).size)
  return counter.bytes / MEBIBYTE
}

const readFile: Work = (job) => atOnce(AT_ONCE, job.files.length, async (index) => {
  const content = job.by === 'runtime, sync' ? fs.readFileSync(job.files[index] as string) : await promises.readFile(job.files[index] as string)
  if (content.length === 0) throw new Error('an empty file')
})

const stat: Work = (job) => atOnce(AT_ONCE, job.files.length, async (index) => {
  const stats = job.by === 'runtime, sync' ? fs.statSync(job.files[index] as string) : await promises.stat(job.files[index] as string)
  if (stats.size === 0) throw new Error('an empty file')
})

const TASKS = {
  readFile,
  stat,
  readFiles: async (job) => {
    if (job.by === 'trueaio, separate calls') return readFile(job, NOTHING)
    let count = 0
    for await (const { content } of promises.readFiles(job.files)) count += content !== undefined && content.length > 0 ? 1 : 0
    expect('files read', count, job.files.length)
    return count
  },
  statMany: async (job) => {
    if (job.by === 'trueaio, separate calls') return stat(job, NOTHING)
    let count = 0
    for await (const { stats } of promises.statMany(job.files)) count += stats !== undefined && stats.size > 0 ? 1 : 0
    expect('files', count, job.files.length)
    return count
  },
  handleRead: async (job, { source }) => {
    const blocks = Math.floor(nodeFs.statSync(source).size / 4096)
    if (job.by === 'runtime, sync') {
      const fd = fs.openSync(source, 'r')
      const buffer = Buffer.alloc(4096)
      for (let index = 0; index < READS; index++) expect('bytes', fs.readSync(fd, buffer, 0, 4096, (Math.imul(index, 2654435761) >>> 0) % blocks * 4096), 4096)
      fs.closeSync(fd)
      return READS
    }
    const handle = await promises.open(source)
    const buffers = Array.from({ length: READS_AT_ONCE }, () => Buffer.alloc(4096))
    let next = 0
    await Promise.all(buffers.map(async (buffer) => {
      while (next < READS) {
        const { bytesRead } = await handle.read(buffer, 0, 4096, (Math.imul(next++, 2654435761) >>> 0) % blocks * 4096)
        expect('bytes', bytesRead, 4096)
      }
    }))
    await handle.close()
    return READS
  },
  readdir: async (job, { source }) => {
    if (job.by === 'fdir') {
      const { fdir } = await import(pathToFileURL(job.module ?? '').href) as { fdir: new () => { withDirs(): { crawl(root: string): { withPromise(): Promise<string[]> } } } }
      return (await new fdir().withDirs().crawl(source).withPromise()).length - 1
    }
    return (await promises.readdir(source, { recursive: true })).length
  },
  scan: async (_, { source }) => {
    let count = 0
    for await (const entry of promises.scan(source)) count += entry.path === '' ? 0 : 1
    return count
  },
  writeFile: async (job, { target }) => {
    fs.mkdirSync(target)
    const count = job.files.length
    return atOnce(AT_ONCE, count, async (index) => {
      if (job.by === 'runtime, sync') fs.writeFileSync(`${target}/${String(index)}`, SMALL_CONTENT)
      else await promises.writeFile(`${target}/${String(index)}`, SMALL_CONTENT)
    })
  },
  cp: async (_, { source, target }) => {
    await promises.cp(source, target, { recursive: true })
    return 0 // the other end counts the entries
  },
  rm: async (_, { source }) => {
    await promises.rm(source, { recursive: true })
    return 0
  },
  stream: async (job, pass) => {
    if (job.by !== 'Bun.file') return streamed()(job, pass)
    let bytes = 0
    for await (const chunk of bun().file(pass.source).stream()) bytes += chunk.length
    return bytes / MEBIBYTE
  },
  streamLarge: streamed(MEBIBYTE),
  gzip: async (_, { source }) => {
    const counter = new Counter()
    await pipeline(fs.createReadStream(source), createGzip({ level: constants.Z_BEST_SPEED }), counter)
    if (counter.bytes === 0) throw new Error('nothing came through')
    return nodeFs.statSync(source).size / MEBIBYTE
  },
  hash: async (_, { source }) => {
    const hash = createHash('sha256')
    fs.createReadStream(source).pipe(hash)
    await once(hash, 'finish')
    expect('bytes of a digest', hash.digest().length, 32)
    return nodeFs.statSync(source).size / MEBIBYTE
  },
  copyByStreams: async (job, { source, target }) => {
    if (job.by === 'Bun.file') {
      await bun().write(target, bun().file(source))
    } else if (job.by === 'runtime, sync') nodeFs.copyFileSync(source, target)
    else await pipeline(fs.createReadStream(source), fs.createWriteStream(target))
    const { size } = nodeFs.statSync(target)
    expect('bytes copied', size, nodeFs.statSync(source).size)
    return size / MEBIBYTE
  },
} satisfies Readonly<Record<string, Work>>

export type TaskName = keyof typeof TASKS

async function main(job: Job): Promise<void> {
  if (job.by.startsWith('trueaio')) {
    fs = await import('trueaio/fs')
    promises = await import('trueaio/fs/promises')
  }
  const passes: Pass[] = []
  for (const pass of job.passes) {
    const cpu = process.cpuUsage()
    const begin = performance.now()
    const operations = await TASKS[job.task](job, pass)
    const seconds = (performance.now() - begin) / 1000
    const { user, system } = process.cpuUsage(cpu)
    passes.push({ operations, seconds, cpuMicroseconds: user + system })
  }
  nodeFs.writeSync(1, JSON.stringify(passes))
}

await main(JSON.parse(nodeFs.readFileSync(process.argv[2] ?? '', 'utf8')) as Job)
