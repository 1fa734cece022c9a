// cp of trees, beside Node's: where a link in the tree leads, and what is told of a target that can't be.
import { describe, test } from 'node:test'
import { same } from './twin.js'

/** Relative ones, with and without the sign of a directory at their end. */
const TEXTS = ['a', '.', './', 'inner/', 'inner/.', 'inner/..', '..', '../', 'inner//innermost', 'no/../x', '..a', 'a..', '../../../../../../../../..']

describe('links in the tree', () => {
  for (const verbatimSymlinks of [false, true]) {
    test(verbatimSymlinks ? 'as they are' : 'resolved', () => same(async (io, at) => {
      for (const [index, text] of TEXTS.entries()) {
        await io.symlink(text, at(`directory/link-${String(index)}`))
        await io.symlink(text, at(`directory/inner/link-${String(index)}`))
      }
      await io.cp(at('directory'), at('copy'), { recursive: true, verbatimSymlinks })
      await io.cp(at('directory-link/inner'), at('vacant/copy'), { recursive: true, verbatimSymlinks })
    }))
  }
})

describe('a target with a step up', () => {
  for (const target of ['no/../directory', 'no/../copy', 'directory/../copy', 'directory/../directory', 'directory/inner/../copy', 'directory-link/../copy']) {
    test(target, () => same((io, at) => io.cp(at('directory'), `${at('directory')}/../${target}`, { recursive: true })))
  }
})

test('a target without a name', () => same((io, at) => io.cp(at('directory'), '', { recursive: true })))

describe('a target that cannot be looked at', () => {
  const targets: Readonly<Record<string, string>> = {
    'below a file': 'text/x', 'a file with a slash': 'text/', 'a loop': 'loop/x', 'a name too long': 'x'.repeat(300), 'a dangling link': 'dangling', 'a dangling link, below': 'dangling/x',
  }
  for (const [title, target] of Object.entries(targets)) test(title, () => same((io, at) => io.cp(at('directory'), at(target), { recursive: true })))
})
