// ① interface — what is in a directory, as a page or as JSON.
import type { Dirent } from 'node:fs'
import { readdir, statMany } from '../../fs/promises.js'
import { encodedName } from './request-path.js'

type ListedType = 'directory' | 'file' | 'link'

interface Listed {
  readonly name: Buffer
  readonly type: ListedType
  readonly size: number | undefined
  readonly modified: Date | undefined
}

const DOT = 0x2e
const SLASH = Buffer.from('/')
const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB']

function typeOf(entry: Dirent<Buffer>): ListedType | undefined {
  if (entry.isDirectory()) return 'directory'
  if (entry.isFile()) return 'file'
  return entry.isSymbolicLink() ? 'link' : undefined
}

/** Directories first, then by name. What has vanished meanwhile is left out. */
export async function listed(directory: Buffer, hasDotFiles: boolean): Promise<Listed[]> {
  const types = new Map<Buffer, ListedType>()
  const path = (name: Buffer): Buffer => Buffer.concat([directory, SLASH, name])
  const names = new Map<Buffer, Buffer>()
  for (const entry of await readdir(directory, { encoding: 'buffer', withFileTypes: true })) {
    const name = Buffer.from(entry.name)
    const type = typeOf(entry)
    if (type === undefined || (name[0] === DOT && !hasDotFiles)) continue
    const whole = path(name)
    names.set(whole, name)
    types.set(whole, type)
  }
  const found: Listed[] = []
  for await (const { path: whole, stats } of statMany(names.keys(), { followSymlinks: false, ordered: false })) {
    const type = types.get(whole) ?? 'file'
    if (stats !== undefined) found.push({ name: names.get(whole) ?? whole, type, size: type === 'file' ? stats.size : undefined, modified: stats.mtime })
  }
  return found.sort((one, other) => Number(other.type === 'directory') - Number(one.type === 'directory') || one.name.compare(other.name))
}

const hrefOf = ({ name, type }: Listed): string => `${encodedName(name)}${type === 'directory' ? '/' : ''}`

export function listingJson(entries: readonly Listed[]): string {
  return JSON.stringify(entries.map((entry) => ({ name: entry.name.toString(), href: hrefOf(entry), type: entry.type, size: entry.size, modified: entry.modified?.toISOString() })))
}

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${String(character.charCodeAt(0))};`)
}

function sizeText(bytes: number | undefined): string {
  if (bytes === undefined) return ''
  let value = bytes
  let unit = 0
  for (; value >= 1000 && unit < UNITS.length - 1; unit++) value /= 1024
  return `${unit === 0 ? String(value) : value.toFixed(1)} ${UNITS[unit] ?? ''}`
}

export function listingPage(names: readonly Buffer[], entries: readonly Listed[]): string {
  const title = escaped(`/${names.map((name) => `${name.toString()}/`).join('')}`)
  const rows = entries.map((entry) => `<tr><td><a href="./${hrefOf(entry)}">${escaped(entry.name.toString())}${entry.type === 'directory' ? '/' : ''}</a><td>${sizeText(entry.size)}<td>${entry.modified?.toISOString().slice(0, 16).replace('T', ' ') ?? ''}`)
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title>
<style>:root{color-scheme:light dark}body{font:1rem/1.5 system-ui,sans-serif;margin:1rem}td{padding:0 1rem 0 0;overflow-wrap:anywhere}td+td{text-align:right;white-space:nowrap}</style>
<h1>${title}</h1>
<table>
${names.length === 0 ? '' : '<tr><td><a href="../">..</a><td><td>\n'}${rows.join('\n')}
</table>
</html>
`
}
