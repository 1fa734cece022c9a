// Many writers append to one log, and each goes on only when its line is on the device. Writers that come while a
// sync is on its way share the next one: far fewer syncs than lines.
//   node examples/durable-log.mjs [file] [writers] [lines each]
import { defaultProactor } from 'trueaio'
import { open } from 'trueaio/fs/promises'

const [file = 'durable.log', writers = '16', linesEach = '20'] = process.argv.slice(2)
const log = await open(file, 'w')
await Promise.all(Array.from({ length: Number(writers) }, async (_, writer) => {
  for (let line = 0; line < Number(linesEach); line++) await log.commit(Buffer.from(`writer ${writer}, line ${line}\n`), { timeout: 10_000 })
}))
await log.close()
console.log(`${Number(writers) * Number(linesEach)} lines, ${defaultProactor().statistics.operations.fdatasync.count} syncs`)
