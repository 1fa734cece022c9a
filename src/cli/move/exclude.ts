// ① interface — `--exclude`: patterns as rsync and gitignore have them. `*` and `?` stay inside of a name, `**` does not; a pattern with a `/`
// before its end is meant from the tree's root on, another one for every name; one that ends with `/` for directories alone.
import { UsageError } from '../command.js'

interface Pattern {
  readonly expression: RegExp
  readonly onlyDirectories: boolean
  readonly isFromRoot: boolean
}

/** One character, or several at once, as a regular expression. */
function translated(pattern: string): string {
  let text = ''
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at] as string // below its length
    if (pattern.startsWith('**/', at)) {
      text += '(?:.*/)?'
      at += 2
    } else if (pattern.startsWith('**', at)) {
      text += '.*'
      at++
    } else if (character === '*') text += '[^/]*'
    else if (character === '?') text += '[^/]'
    else if (character === '[') {
      const end = pattern.indexOf(']', at + 2)
      if (end < 0) throw new UsageError(`--exclude '${pattern}' has a '[' without its ']'. Write '\\[' for the character`)
      const inside = pattern.slice(at + 1, end)
      text += `[${inside.startsWith('!') || inside.startsWith('^') ? '^' : ''}${inside.replace(/^[!^]/, '').replaceAll(/[\\[\]^]/g, '\\$&')}]`
      at = end
    } else if (character === '\\' && at + 1 < pattern.length) text += (pattern[++at] as string).replace(/[\\^$.*+?()[\]{}|/]/, '\\$&') // below its length
    else text += character.replace(/[\\^$.*+?()[\]{}|/]/, '\\$&')
  }
  return text
}

function patternOf(given: string): Pattern {
  const onlyDirectories = given.endsWith('/')
  const body = onlyDirectories ? given.slice(0, -1) : given
  if (body === '' || body === '/') throw new UsageError(`--exclude '${given}' is not a pattern: expected a name or a path, such as '*.tmp', 'build/' or '/docs/*.md'`)
  const isFromRoot = body.includes('/')
  return { expression: new RegExp(`^${translated(body.replace(/^\//, ''))}$`, 's'), onlyDirectories, isFromRoot }
}

/** Whether a path of the tree is left out. Undefined: there are no patterns. @throws UsageError */
export function excluded(given: readonly string[] | undefined): ((path: string, isDirectory: boolean) => boolean) | undefined {
  if (given === undefined || given.length === 0) return undefined
  const patterns = given.map(patternOf)
  return (path, isDirectory) => {
    const name = path.slice(path.lastIndexOf('/') + 1)
    return patterns.some(({ expression, onlyDirectories, isFromRoot }) => (isDirectory || !onlyDirectories) && expression.test(isFromRoot ? path : name))
  }
}
