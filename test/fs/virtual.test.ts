// Node's virtual file systems (behind a flag as of Node 26): what is mounted is read through the drop-in as through Node's.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'

const FLAG = '--experimental-vfs'

const program = (callbacks: string, promises: string): string => `
  import fs from '${callbacks}'
  import * as promises from '${promises}'
  import { once } from 'node:events'
  import { text } from 'node:stream/consumers'
  import { create } from 'node:vfs'
  const files = create()
  files.writeFileSync('/file', 'content')
  files.mount()
  const path = files.mountPoint + '/file'
  const told = []
  const tell = async (promise) => told.push(await promise.catch((error) => error.code))
  await tell(promises.readFile(path, 'utf8'))
  await tell(promises.stat(path).then(({ size }) => size))
  await tell(promises.writeFile(path, 'new content'))
  await tell(promises.readdir(files.mountPoint))
  await tell(promises.open(path).then(async (handle) => {
    const content = await handle.readFile('utf8')
    await handle.close()
    return content
  }))
  await tell(new Promise((resolve, reject) => fs.open(path, (error, fd) => error ? reject(error) : fs.read(fd, Buffer.alloc(3), 0, 3, 0, (_, bytes) => fs.close(fd, () => resolve(bytes))))))
  await tell(text(fs.createReadStream(path)))
  console.log(JSON.stringify(told))
`

test('a mounted file', { skip: process.allowedNodeEnvironmentFlags.has(FLAG) ? false : 'this Node has none' }, async () => {
  const run = async (...modules: [string, string]): Promise<string> =>
    (await promisify(execFile)(process.execPath, [FLAG, '--no-warnings', '--input-type=module', '-e', program(...modules)], { timeout: 20_000 })).stdout
  const theirs = await run('node:fs', 'node:fs/promises')
  assert.match(theirs, /"content",7/)
  assert.equal(await run('trueaio/fs', 'trueaio/fs/promises'), theirs)
})
