// The tests' own FUSE file system, tried with Node's fs: it must be right before other tests lean on it.
import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync, renameSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync, writeSync,
  mkdirSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'node:test'
import { promisify } from 'node:util'
import { fuse, withoutFuse } from './fuse.js'

const skip = withoutFuse()

test('files and directories are what they are elsewhere', { skip }, async () => {
  await using mount = await fuse()
  const at = (name: string): string => join(mount.path, name)
  const bytes = Buffer.alloc(3_000_000, 'abcdefg')
  writeFileSync(at('file'), bytes)
  assert.deepEqual(readFileSync(at('file')), bytes)
  mkdirSync(at('folder'))
  renameSync(at('file'), at('folder/moved'))
  symlinkSync('folder/moved', at('link'))
  truncateSync(at('link'), 5)
  assert.equal(readFileSync(at('link'), 'utf8'), 'abcde')
  assert.deepEqual(readdirSync(mount.path).sort(), ['folder', 'link'])
  assert.throws(() => rmSync(at('folder')), { code: 'ERR_FS_EISDIR' })
  rmSync(at('folder'), { recursive: true })
  assert.throws(() => statSync(at('folder')), { code: 'ENOENT' })
})

test('direct_io with little answers: reads and writes are short', { skip }, async () => {
  await using mount = await fuse({ directIo: true, readBytesMax: 4, writeBytesMax: 3 })
  const fd = openSync(join(mount.path, 'file'), 'w+')
  writeSync(fd, Buffer.from('012345'), 0, 6, 0) // libuv goes on after a short write
  assert.equal(await mount.count('write'), 2)
  const buffer = Buffer.alloc(10)
  assert.equal(readSync(fd, buffer, 0, 10, 0), 4)
  assert.equal(readSync(fd, buffer, 4, 6, 4), 2)
  assert.equal(buffer.toString('latin1', 0, 6), '012345')
  closeSync(fd)
})

test('the space ends with a short write, then ENOSPC; room is there again after a removal', { skip }, async () => {
  await using mount = await fuse({ spaceBytes: 10_000 })
  const fd = openSync(join(mount.path, 'file'), 'w')
  assert.equal(writeSync(fd, Buffer.alloc(20_000), 0, 20_000, 0), 10_000)
  assert.equal(statSync(join(mount.path, 'file')).size, 10_000)
  assert.throws(() => writeSync(fd, Buffer.alloc(1), 0, 1, 10_000), { code: 'ENOSPC' })
  closeSync(fd)
  rmSync(join(mount.path, 'file'))
  writeFileSync(join(mount.path, 'other'), Buffer.alloc(10_000))
})

test('the requests said fail, those before and after succeed', { skip }, async () => {
  await using mount = await fuse({ fail: { write: { code: 'EIO', after: 1, times: 1 } } })
  const fd = openSync(join(mount.path, 'file'), 'w')
  writeSync(fd, 'a')
  assert.throws(() => writeSync(fd, 'b'), { code: 'EIO' })
  writeSync(fd, 'c')
  closeSync(fd)
  assert.equal(readFileSync(join(mount.path, 'file'), 'utf8'), 'ac')
  assert.equal(await mount.count('write'), 3)
})

test('a request hangs until it is released, and others are answered meanwhile', { skip }, async () => {
  await using mount = await fuse()
  writeFileSync(join(mount.path, 'file'), 'abc')
  await mount.set({ hang: ['getattr'] })
  let settled = false
  const pending = stat(join(mount.path, 'file')).finally(() => {
    settled = true
  })
  await mount.held(1)
  renameSync(join(mount.path, 'file'), join(mount.path, 'renamed'))
  assert.equal(settled, false)
  await mount.release()
  assert.equal((await pending).size, 3)
})

test('slow requests are answered late', { skip }, async () => {
  await using mount = await fuse({ slow: { lookup: 100 } })
  const start = performance.now()
  assert.throws(() => statSync(join(mount.path, 'nothing')), { code: 'ENOENT' })
  assert.ok(performance.now() - start >= 99)
})

test('unmounting ends what hangs', { skip }, async () => {
  const mount = await fuse({ hang: ['lookup'] })
  const pending = assert.rejects(stat(join(mount.path, 'file')), { code: /^(ECONNABORTED|ENOTCONN)$/ })
  await mount.held(1)
  await mount[Symbol.asyncDispose]()
  await pending
  assert.equal(existsSync(mount.path), false)
})

test('a killed test leaves no mount behind, even with a request that hangs', { skip }, async () => {
  const text = `const { fuse } = await import(${JSON.stringify(new URL('./fuse.js', import.meta.url).href)})
    const mount = await fuse({ hang: ['all'] })
    console.log(mount.path)
    import('node:fs').then((fs) => fs.promises.stat(mount.path + '/x'))
    await mount.held(1)
    console.log('hangs')`
  const child = spawn(process.execPath, ['--input-type=module', '-e', text], { stdio: ['ignore', 'pipe', 'inherit'] })
  let told = ''
  for await (const chunk of child.stdout) {
    told += String(chunk)
    if (told.endsWith('hangs\n')) child.kill('SIGKILL')
  }
  const [path] = told.split('\n')
  assert.ok(path !== undefined && told.endsWith('hangs\n'), told)
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  // The daemon sees the end of its standard input, and removes the mount point last.
  const { stdout } = await promisify(execFile)('sh', ['-c', 'for i in $(seq 200); do [ -d "$0" ] || break; sleep 0.05; done; grep -c "$0" /proc/mounts', path]).catch(
    (error: unknown) => error as { stdout: string })
  assert.equal(stdout.trim(), '0')
})
