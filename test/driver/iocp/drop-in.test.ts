// The drop-in on Windows: what it does on the driver there is what node:fs does.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import nodeFs from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import fs from 'trueaio/fs/promises'
import { inFolder, skip } from './subject.js'

test('files, directories and names', { skip }, async () => {
  await inFolder(async (folder) => {
    const path = join(folder, 'a file')
    await fs.writeFile(path, 'content')
    await fs.appendFile(path, ' and more')
    assert.equal(await fs.readFile(path, 'utf8'), 'content and more')
    assert.deepEqual((await fs.stat(path)).size, nodeFs.statSync(path).size)
    assert.deepEqual((await fs.stat(path, { bigint: true })).ino, nodeFs.statSync(path, { bigint: true }).ino)
    await fs.mkdir(join(folder, 'one', 'two'), { recursive: true })
    await fs.copyFile(path, join(folder, 'one', 'copy'))
    await fs.rename(path, join(folder, 'one', 'two', 'moved'))
    assert.deepEqual((await fs.readdir(folder, { recursive: true })).sort(), nodeFs.readdirSync(folder, { recursive: true }).sort())
    assert.deepEqual((await fs.readdir(join(folder, 'one'), { withFileTypes: true })).map((entry) => [entry.name, entry.isDirectory()]).sort(), [['copy', false], ['two', true]])
    await assert.rejects(fs.readFile(path), (error: NodeJS.ErrnoException) => error.code === 'ENOENT' && error.errno === -4058 && error.path === path && error.syscall === 'open')
    await fs.rm(join(folder, 'one'), { recursive: true })
    assert.deepEqual(nodeFs.readdirSync(folder), [])
  })
})

test('a FileHandle, used by both', { skip }, async () => {
  await inFolder(async (folder) => {
    const handle = await fs.open(join(folder, 'file'), 'w+')
    for (let at = 0; at < 10; at++) await handle.write(Buffer.from(String(at)), 0, 1, at)
    assert.equal(nodeFs.readSync(handle.fd, Buffer.alloc(10), 0, 10, 0), 10)
    const { buffer } = await handle.read(Buffer.alloc(4), 0, 4, 3)
    assert.equal(buffer.toString(), '3456')
    await handle.truncate(5)
    assert.equal((await handle.stat()).size, 5)
    await handle.sync()
    await handle.close()
    assert.equal(nodeFs.readFileSync(join(folder, 'file'), 'utf8'), '01234')
  })
})

test('five hundred small files at once', { skip }, async () => {
  await inFolder(async (folder) => {
    const names = Array.from({ length: 500 }, (_, index) => join(folder, `file-${String(index)}`))
    await Promise.all(names.map((name) => fs.writeFile(name, name)))
    assert.deepEqual(await Promise.all(names.map((name) => fs.readFile(name, 'utf8'))), names)
    assert.ok((await Promise.all(names.map((name) => fs.stat(name)))).every(({ size }, index) => size === names[index]?.length))
  })
})

test('under register, Node\'s own fs goes through the driver', { skip }, async () => {
  await inFolder(async (folder) => {
    const program = "import fs from 'node:fs'; import { writeFileSync } from 'node:fs'; const text = await fs.promises.readFile(process.argv[1], 'utf8'); writeFileSync(process.argv[2], text)"
    nodeFs.writeFileSync(join(folder, 'in'), 'through')
    execFileSync(process.execPath, ['--import', import.meta.resolve('trueaio/register'), '--input-type=module', '-e', program, join(folder, 'in'), join(folder, 'out')], { stdio: 'ignore', timeout: 40_000 })
    assert.equal(nodeFs.readFileSync(join(folder, 'out'), 'utf8'), 'through')
    await Promise.resolve()
  })
})
