// Counts the lines of every file in a tree, by kind. The tree is walked and its files are read as the loop goes on: memory
// stays small whatever the size of the tree. Ctrl-C, or a deadline, cancels what is on its way in the kernel.
//   node examples/count-lines.mjs [directory] [seconds]
import { extname } from 'node:path'
import { readFiles, scan } from 'trueaio/fs/promises'

const [directory = '.', seconds = '60'] = process.argv.slice(2)
const stop = new AbortController()
process.once('SIGINT', () => stop.abort(new Error('interrupted')))
const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(Number(seconds) * 1000)])

async function * sources() {
  for await (const { path, type } of scan(directory, { signal })) {
    if (type === 'file' && !path.includes('node_modules')) yield path
  }
}

const lines = new Map()
for await (const { path, content, error } of readFiles(sources(), { ordered: false, signal })) {
  if (error !== undefined) {
    console.error(error.message)
    continue
  }
  let count = 0
  for (let at = content.indexOf(10); at >= 0; at = content.indexOf(10, at + 1)) count++
  const kind = extname(path) || '(none)'
  lines.set(kind, (lines.get(kind) ?? 0) + count)
}
for (const [kind, count] of [...lines].sort((one, other) => other[1] - one[1])) console.log(`${String(count).padStart(10)} ${kind}`)
