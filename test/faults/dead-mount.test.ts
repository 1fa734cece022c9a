// Something hung beside something healthy: a FUSE file system that does not answer holds up nothing but what was asked of it.
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { setDefaultProactor, Proactor } from '#src/default-proactor.js'
import * as drop from '#src/fs/promises.js'
import { fuse, withoutFuse, type FuseOperation } from './fuse.js'
import { PATIENCE } from '../launcher/patience.js'

const skip = withoutFuse()
const MILLISECONDS_MAX = 10_000 * PATIENCE

type Asked = (path: string) => Promise<unknown>

/** Of the dead file system. Each lasts until it answers. */
const HUNG: Readonly<Record<string, readonly [FuseOperation, Asked]>> = {
  stat: ['all', (path) => drop.stat(join(path, 'file'))],
  open: ['all', (path) => drop.open(join(path, 'file'), 'r').then((handle) => handle.close())],
  readFile: ['all', (path) => drop.readFile(join(path, 'file'))],
  writeFile: ['all', (path) => drop.writeFile(join(path, 'new'), 'x')],
  mkdir: ['all', (path) => drop.mkdir(join(path, 'folder'))],
  rename: ['all', (path) => drop.rename(join(path, 'file'), join(path, 'moved'))],
}

/** Of a healthy one: all that there is another way for in some driver. */
const HEALTHY: Readonly<Record<string, Asked>> = {
  stat: (root) => drop.stat(join(root, 'file')),
  lstat: (root) => drop.lstat(join(root, 'link')),
  open: (root) => drop.open(join(root, 'file'), 'r').then((handle) => handle.close()),
  create: (root) => drop.open(join(root, 'created'), 'w').then((handle) => handle.close()),
  readFile: (root) => drop.readFile(join(root, 'file')),
  writeFile: (root) => drop.writeFile(join(root, 'written'), 'content'),
  appendFile: (root) => drop.appendFile(join(root, 'written'), 'more'),
  copyFile: (root) => drop.copyFile(join(root, 'file'), join(root, 'copied')),
  fsync: (root) => drop.open(join(root, 'file'), 'r+').then(async (handle) => {
    await handle.sync()
    await handle.close()
  }),
  mkdir: (root) => drop.mkdir(join(root, 'folder', 'a', 'b'), { recursive: true }),
  rename: (root) => drop.rename(join(root, 'copied'), join(root, 'renamed')),
  chmod: (root) => drop.chmod(join(root, 'file'), 0o600),
  utimes: (root) => drop.utimes(join(root, 'file'), 1, 1),
  readlink: (root) => drop.readlink(join(root, 'link')),
  readdir: (root) => drop.readdir(root, { recursive: true }),
  access: (root) => drop.access(join(root, 'file')),
  unlink: (root) => drop.unlink(join(root, 'renamed')),
  rm: (root) => drop.rm(join(root, 'folder'), { recursive: true }),
}

async function inTime(what: string, promise: Promise<unknown>): Promise<void> {
  let late: NodeJS.Timeout | undefined
  const tooLate = new Promise<never>((_, reject) => {
    late = setTimeout(() => reject(new Error(`${what} was held up for ${String(MILLISECONDS_MAX)} ms`)), MILLISECONDS_MAX)
  })
  await Promise.race([promise, tooLate])
  clearTimeout(late)
}

async function allHealthy(root: string): Promise<void> {
  for (const [name, asked] of Object.entries(HEALTHY)) await inTime(name, asked(root))
}

for (const driver of [['io-uring', 'thread-pool'], ['thread-pool'], ['linux-aio', 'thread-pool']]) describe(`a dead mount, on ${driver.join(' and ')}`, { skip, concurrency: 1 }, () => {
  for (const [name, [operation, asked]] of Object.entries(HUNG)) for (const count of name === 'stat' ? [2, 8, 300] : [8]) {
    test(`${String(count)} times ${name}`, async () => {
      const root = fs.mkdtempSync(join(tmpdir(), 'trueaio-healthy-'))
      fs.writeFileSync(join(root, 'file'), 'content')
      fs.symlinkSync('file', join(root, 'link'))
      await using mount = await fuse()
      fs.writeFileSync(join(mount.path, 'file'), 'x')
      await mount.set({ hang: [operation] })
      const io = new Proactor({ driver })
      const before = setDefaultProactor(io)
      try {
        const hung = Array.from({ length: count }, () => asked(mount.path).catch(() => undefined))
        await mount.held(1)
        await allHealthy(root)
        await mount.release()
        await inTime('what hung', Promise.all(hung))
      } finally {
        await mount.release()
        setDefaultProactor(before)
        await io.close()
        fs.rmSync(root, { recursive: true, force: true })
      }
    })
  }
})
