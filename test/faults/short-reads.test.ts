// Reads that come up short before the end of a file, as a file server's may: every way of reading all of it goes on to the end. (Node's own
// copyFile does not end there.)
import assert from 'node:assert/strict'
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import test from 'node:test'
import { promisify } from 'node:util'
import { Proactor, setDefaultProactor } from 'trueaio'
import * as ours from 'trueaio/fs'
import { fuse, withoutFuse } from './fuse.js'

const skip = withoutFuse()
const BYTES = 300_000
const { promises } = ours

interface Place {
  readonly path: string
  /** Where a copy may be made. */
  readonly to: string
}

const copied = async (to: string, copy: () => Promise<unknown>): Promise<Buffer> => {
  fs.rmSync(to, { force: true, recursive: true })
  await copy()
  return fs.readFileSync(fs.statSync(to).isDirectory() ? join(to, 'file') : to)
}

const WAYS: Readonly<Record<string, (place: Place) => Promise<Buffer>>> = {
  readFile: ({ path }) => promises.readFile(path),
  'readFile as text': async ({ path }) => Buffer.from(await promises.readFile(path, 'latin1'), 'latin1'),
  'readFile, many at once': async ({ path }) => (await Promise.all(Array.from({ length: 8 }, () => promises.readFile(path))))[7] as Buffer,
  'readFile with a callback': ({ path }) => promisify(ours.readFile)(path),
  'FileHandle.readFile': async ({ path }) => {
    const handle = await promises.open(path)
    try {
      return await handle.readFile()
    } finally {
      await handle.close()
    }
  },
  createReadStream: ({ path }) => buffer(ours.createReadStream(path)),
  'createReadStream in small pieces': ({ path }) => buffer(ours.createReadStream(path, { highWaterMark: 777 })),
  'a pipeline to a Writable': async ({ path }) => {
    const chunks: Buffer[] = []
    await pipeline(ours.createReadStream(path), new Writable({ write: (chunk: Buffer, _encoding, done) => (chunks.push(chunk), done()) }))
    return Buffer.concat(chunks)
  },
  'a pipeline to a file': ({ path, to }) => copied(to, () => pipeline(ours.createReadStream(path), ours.createWriteStream(to))),
  'cp of a tree': ({ path, to }) => copied(to, () => promises.cp(join(path, '..'), to, { recursive: true })),
}

for (const driver of ['io-uring', 'thread-pool', 'linux-aio'] as const) {
  test(`${driver}: a file is read to its end through short reads`, { skip }, async (t) => {
    const io = new Proactor({ driver: driver === 'io-uring' || driver === 'linux-aio' ? [driver, 'thread-pool'] : driver })
    const [first] = io.explain()
    if (first?.state === 'refused') {
      t.skip(first.reason ?? driver)
      await io.close()
      return
    }
    // Without direct_io the kernel takes a short answer for the end of the file.
    await using mount = await fuse({ directIo: true, readBytesMax: 1000 })
    const elsewhere = fs.mkdtempSync(join(tmpdir(), 'trueaio-short-reads-'))
    const content = Buffer.alloc(BYTES)
    for (let at = 0; at < BYTES; at += 4) content.writeUInt32LE(Math.imul(at + 1, 0x9e3779b1) >>> 0, at)
    const path = join(mount.path, 'file')
    fs.writeFileSync(path, content)
    const had = setDefaultProactor(io)
    try {
      const wrong: string[] = []
      for (const [name, way] of Object.entries(WAYS)) {
        const found = await way({ path, to: join(elsewhere, 'copy') })
        if (!found.equals(content)) wrong.push(`${name}: ${String(found.length)} bytes`)
      }
      assert.deepEqual(wrong, [])
    } finally {
      setDefaultProactor(had)
      await io.close()
      fs.rmSync(elsewhere, { recursive: true })
    }
  })
}
