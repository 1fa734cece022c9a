// Packages that are known to be picky about fs, unchanged: the same programs on plain Node and under trueaio/register must
// print the same and leave the same tree.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { promisify } from 'node:util'
import { populate, snapshot } from './twin.js'

// A mode above what a directory is created with, deep trees, links: what archives and copies get wrong first.
const PREPARE = `
  const { join } = require('node:path')
  const { createRequire } = require('node:module')
  const packages = createRequire(${JSON.stringify(import.meta.url)})
  const at = (name) => join(process.cwd(), name)
  const tell = (promise) => promise.then((value) => console.log('gave', value), ({ code, syscall, message }) => console.log('failed', code, syscall, message.replaceAll(process.cwd(), '')))
`

/** So few that a program of a thousand open files needs care. */
const DESCRIPTORS = 200

async function runIn(root: string, program: string, registered: boolean): Promise<{ printed: string, tree: unknown[] }> {
  const register = registered ? ['--import', import.meta.resolve('trueaio/register')] : []
  const { stdout } = await promisify(execFile)('sh', ['-c', `ulimit -n ${String(DESCRIPTORS)}; exec "$0" "$@"`, process.execPath, ...register, '-e', `${PREPARE}\n;(async () => {${program}})()`], { cwd: root, timeout: 30_000 })
  return { printed: stdout.replaceAll(root, '<root>'), tree: snapshot(root) }
}

async function sameUnderRegister(program: string): Promise<void> {
  const sides = await Promise.all([false, true].map(async (registered) => {
    const root = fs.mkdtempSync(join(tmpdir(), 'trueaio-packages-'))
    try {
      populate(root)
      return await runIn(root, program, registered)
    } finally {
      fs.rmSync(root, { recursive: true, force: true })
    }
  }))
  assert.deepEqual(sides[1], sides[0])
  assert.notEqual(sides[0]?.printed, '')
}

describe('graceful-fs', () => {
  test('reads, writes, renames and lists', () => sameUnderRegister(`
    const fs = packages('graceful-fs')
    const { promisify } = require('node:util')
    await tell(promisify(fs.readFile)(at('text'), 'utf8'))
    await tell(promisify(fs.readFile)(at('missing'), 'utf8'))
    await tell(promisify(fs.writeFile)(at('new'), 'content', { mode: 0o600 }))
    await tell(promisify(fs.appendFile)(at('new'), ' and more'))
    await tell(promisify(fs.rename)(at('new'), at('renamed')))
    await tell(promisify(fs.readdir)(at('directory')))
    await tell(promisify(fs.stat)(at('text')).then((stats) => [stats.isFile(), stats.size]))
    await tell(promisify(fs.copyFile)(at('text'), at('copied')))
    await tell(new Promise((resolve, reject) => fs.createReadStream(at('large')).on('error', reject).pipe(fs.createWriteStream(at('piped'))).on('close', resolve)))
    await tell(promisify(fs.chown)(at('text'), -1, -1))
  `))

  test('opens more files than there are descriptors', () => sameUnderRegister(`
    const fs = packages('graceful-fs')
    const { promisify } = require('node:util')
    const names = Array.from({ length: 500 }, (_, index) => at('vacant/' + index))
    await Promise.all(names.map((name, index) => promisify(fs.writeFile)(name, String(index))))
    const contents = await Promise.all(names.map((name) => promisify(fs.readFile)(name, 'utf8')))
    console.log(contents.every((content, index) => content === String(index)))
  `))

  test('makes another module graceful', () => sameUnderRegister(`
    const io = require('node:fs')
    packages('graceful-fs').gracefulify(io)
    const handle = await io.promises.open(at('text'))
    await tell(handle.readFile('utf8'))
    await handle.close()
    await tell(new Promise((resolve, reject) => io.open(at('text'), 'r', (error, fd) => error ? reject(error) : io.close(fd, () => resolve(typeof fd)))))
  `))
})

test('fs-extra: copy, move, outputs, JSON, empty and remove', () => sameUnderRegister(`
  const io = packages('fs-extra')
  await tell(io.copy(at('directory'), at('copy')))
  await tell(io.copy(at('missing'), at('copy2')))
  await tell(io.copy(at('directory'), at('directory/inner/x')))
  await tell(io.copy(at('directory'), at('filtered'), { filter: (name) => !name.endsWith('b') }))
  await tell(io.move(at('copy'), at('moved')))
  await tell(io.move(at('moved'), at('text')))
  await tell(io.move(at('text'), at('vacant/text'), { overwrite: true }))
  await tell(io.outputFile(at('deep/er/and/deeper'), 'content'))
  await tell(io.outputJson(at('json/file.json'), { a: 1 }, { spaces: 2 }))
  await tell(io.readJson(at('json/file.json')))
  await tell(io.readJson(at('large')))
  await tell(io.ensureDir(at('ensured/directory')))
  await tell(io.ensureFile(at('ensured/file')))
  await tell(io.ensureLink(at('empty'), at('ensured/link')))
  await tell(io.ensureSymlink(at('empty'), at('ensured/symlink')))
  await tell(io.pathExists(at('ensured')))
  await tell(io.emptyDir(at('directory')))
  await tell(io.remove(at('moved')))
  await tell(io.remove(at('missing')))
`))

test('tar-fs: a tree packed and unpacked', () => sameUnderRegister(`
  const tar = packages('tar-fs')
  const { pipeline } = require('node:stream/promises')
  const fs = require('node:fs')
  fs.chmodSync(at('directory/a'), 0o751)
  fs.utimesSync(at('directory/a'), 1e9, 1e9)
  await tell(pipeline(tar.pack(at('directory')), fs.createWriteStream(at('archive.tar'))))
  await tell(pipeline(fs.createReadStream(at('archive.tar')), tar.extract(at('unpacked'))))
  console.log(fs.statSync(at('unpacked/a')).mtimeMs, fs.statSync(at('unpacked/a')).mode)
  fs.rmSync(at('archive.tar')) // its headers hold times that differ
  await tell(pipeline(tar.pack(at('large')), tar.extract(at('of-a-file'))))
`))
