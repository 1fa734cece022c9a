// Trees on the driver that the environment names: read, scanned, copied and removed as Node does.
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, promises as node, symlinkSync, writeFileSync } from 'node:fs'
import { cp, readdir, rm, scan } from 'trueaio/fs'
import { cp as copy, readdir as list, rm as remove } from 'trueaio/fs/promises'

const folder = process.argv[2] ?? ''
const tree = `${folder}/tree`
mkdirSync(`${tree}/ä/b`, { recursive: true })
for (const name of ['1', 'ä/2', 'ä/b/3', 'ä/b/é']) writeFileSync(`${tree}/${name}`, name)
symlinkSync('1', `${tree}/link`)

const expected = await node.readdir(tree, { recursive: true })
assert.deepEqual(await list(tree, { recursive: true }), expected)
const typed = await list(tree, { recursive: true, withFileTypes: true })
assert.deepEqual(typed.map((entry) => entry.isDirectory()), (await node.readdir(tree, { recursive: true, withFileTypes: true })).map((entry) => entry.isDirectory()))
await assert.rejects(list(`${tree}/none`, { recursive: true }), { code: 'ENOENT', syscall: 'scandir' })
const found: string[] = []
for await (const entry of scan(tree, { stats: true })) found.push(`${entry.path.slice(tree.length + 1)} ${entry.type} ${String(entry.stats?.isSymbolicLink())}`)
assert.deepEqual(found.sort(), ['1 file false', 'link link true', 'ä directory false', 'ä/2 file false', 'ä/b directory false', 'ä/b/3 file false', 'ä/b/é file false'])
await copy(tree, `${folder}/copy`, { recursive: true })
assert.deepEqual(await node.readdir(`${folder}/copy`, { recursive: true }), expected)
await remove(`${folder}/copy`, { recursive: true })
assert.ok(!existsSync(`${folder}/copy`))
await new Promise<void>((resolve, reject) => {
  cp(tree, `${folder}/copy`, { recursive: true }, (failure) => {
    if (failure !== null) reject(failure)
    else {
      readdir(`${folder}/copy`, { recursive: true }, (error, names) => {
        if (error !== null) reject(error)
        else assert.equal(names.length, expected.length)
        rm(`${folder}/copy`, { recursive: true }, (problem) => (problem === null ? resolve() : reject(problem)))
      })
    }
  })
})
assert.ok(!existsSync(`${folder}/copy`))
