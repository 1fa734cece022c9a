// A transfer whose thread or process ends in the middle leaves nothing: no partial file or tree beside the target, and the old content under its name.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { assertClean, bytesOf, folderOf, type Folder } from './subjects.js'

const PROGRAM = fileURLToPath(new URL('./programs/abandoned.js', import.meta.url))
const bytes = bytesOf(1_000_000)

type End = (folder: Folder, source: string, driver: string) => Promise<void> | void

const terminated: End = async (folder, source, driver) => {
  const worker = new Worker(PROGRAM, { argv: [folder.at(source), folder.at('target'), driver] })
  await once(worker, 'message')
  await worker.terminate()
}

const inWorker = (ending: string): End => async (folder, source, driver) => {
  const worker = new Worker(PROGRAM, { argv: [folder.at(source), folder.at('target'), driver, ending] })
  worker.on('error', () => undefined)
  await new Promise((resolve) => worker.on('exit', resolve))
}

const inProcess = (ending: string, addon = ''): End => (folder, source, driver) => {
  const { error } = spawnSync(process.execPath, [PROGRAM, folder.at(source), folder.at('target'), driver, ending], { env: { ...process.env, ...addon === '' ? {} : { TRUEAIO_ADDON: addon } }, timeout: 25_000 }) // an end waits 30 s for what cannot end
  assert.equal(error, undefined)
}

const ENDS: readonly (readonly [string, End])[] = [
  ['worker.terminate()', terminated], ['process.exit() in a worker', inWorker('exit')], ['an error in a worker', inWorker('throw')],
  ['process.exit()', inProcess('exit')], ['process.exit() without the addon', inProcess('exit', 'off')], ['an uncaught error', inProcess('throw')],
]

function subject(): Folder {
  const folder = folderOf('transfer-abandoned')
  writeFileSync(folder.at('source'), bytes)
  mkdirSync(folder.at('tree/inner'), { recursive: true })
  for (const name of ['a', 'b', 'inner/c']) writeFileSync(folder.at(`tree/${name}`), bytes)
  return folder
}

for (const driver of ['', 'thread-pool', 'linux-aio', 'node']) {
  describe(`on ${driver === '' ? 'the default driver' : driver}`, () => {
    for (const [name, end] of driver === '' || driver === 'node' ? ENDS : ENDS.slice(0, 1)) {
      for (const [kind, source, isThere] of [['a file', 'source', true], ['a tree', 'tree', false]] as const) {
        test(`${name}, ${kind}`, async () => {
          const folder = subject()
          if (isThere) writeFileSync(folder.at('target'), 'old')
          await end(folder, source, driver)
          assertClean(folder, 'source', 'tree', ...isThere ? ['target'] : [])
          if (isThere) assert.equal(readFileSync(folder.at('target'), 'utf8'), 'old')
          folder.remove()
        })
      }
    }
  })
}

test('a file that is being made has no name, where the file system can do that: SIGKILL leaves nothing', async (context) => {
  const folder = subject()
  const { call, Proactor, close } = await import('trueaio')
  const proactor = new Proactor()
  const fd = await proactor.submit(call('openat', -100, folder.path, 0o20200002, 0o600)).catch(() => undefined)
  if (fd === undefined || !existsSync('/proc/self/fd')) {
    context.skip('no O_TMPFILE here')
  } else {
    await proactor.submit(close(fd))
    writeFileSync(folder.at('target'), 'old')
    await inProcess('kill')(folder, 'source', '')
    assertClean(folder, 'source', 'tree', 'target')
    assert.equal(readFileSync(folder.at('target'), 'utf8'), 'old')
  }
  await proactor.close()
  folder.remove()
})
