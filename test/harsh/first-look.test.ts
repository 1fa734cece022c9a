// The first look for the addon, under register in a worker on the driver `node`: it calls existsSync, which flushes, which looks for nothing itself.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'

test('under register on node, the first look for the addon does not call itself', () => {
  const worker = `const fsp = (await import('node:fs/promises')).default
    await fsp.readFile('/etc/passwd')
    await (await fsp.open('/etc/passwd')).close()
    console.log('done')`
  const program = `import { Worker } from 'node:worker_threads'; new Worker(${JSON.stringify(worker)}, { eval: true })`
  const output = execFileSync(process.execPath, ['--import', import.meta.resolve('trueaio/register'), '--input-type=module', '-e', program], {
    encoding: 'utf8', timeout: 60_000, env: { ...process.env, TRUEAIO_DRIVER: 'node' },
  })
  assert.equal(output, 'done\n')
})
