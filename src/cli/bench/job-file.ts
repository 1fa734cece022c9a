// ① interface — fio's job files: sections in brackets, options as name=value, comments behind ; and #, includes, variables of the environment.
import { readFileSync } from 'node:fs'
import { dirname, isAbsolute, join } from 'node:path'
import { Refusal } from '../command.js'
import { canonicalName, mayStandAlone } from './option-names.js'

/** Options as they were written, in order: name in its canonical form, value; undefined: it stood alone. */
export type Written = readonly (readonly [name: string, value: string | undefined])[]

/** One section: the options of the [global] ones before it, and its own. */
export interface Section {
  readonly name: string
  readonly global: Written
  readonly own: Written
}

const BYTES_MAX = 16 * 1024 * 1024
const INCLUDES_MAX = 16

function fail(file: string, line: number, message: string): Refusal {
  return new Refusal(`${file}:${String(line)}: ${message}`)
}

function contentOf(file: string): string {
  let content: Buffer
  try {
    content = readFileSync(file === '-' ? 0 : file)
  } catch (error) {
    throw new Refusal(`unable to open '${file}' as a job file: ${(error as NodeJS.ErrnoException).code ?? String(error)}`)
  }
  if (content.length > BYTES_MAX) throw new Refusal(`${file}: a job file has at most ${String(BYTES_MAX)} bytes, and this one has ${String(content.length)}`)
  if (content.includes(0)) throw new Refusal(`${file}: not a job file: it contains a zero byte`)
  return content.toString('utf8')
}

/** `${NAME}` of the environment, and fio's own words for the machine's figures. */
function expanded(text: string): string {
  return text.replace(/\$\{(\w+)\}/g, (whole, name: string) => process.env[name] ?? whole)
    .replaceAll('$pagesize', '4096').replaceAll('$ncpus', () => String(process.getBuiltinModule('node:os').cpus().length))
}

/** One option as `name=value` or `name`. @throws Refusal */
export function optionOf(text: string): readonly [string, string | undefined] {
  const equals = text.indexOf('=')
  const name = canonicalName((equals < 0 ? text : text.slice(0, equals)).trim())
  const value = equals < 0 ? undefined : expanded(text.slice(equals + 1).trim())
  if ((value === undefined || value === '') && !mayStandAlone(name)) throw new Refusal(`option ${name} needs a value: ${name}=…`)
  return [name, value === '' ? undefined : value]
}

/**
 * The sections of a job file, `[global]` ones folded into those behind them.
 * @throws Refusal with file and line
 */
export function readJobFile(file: string, before: Written = []): Section[] {
  const sections: { name: string, global: Written, own: [string, string | undefined][] }[] = []
  let global: (readonly [string, string | undefined])[] = [...before]
  let current: [string, string | undefined][] | undefined
  let isGlobal = false
  let includes = 0
  const read = (path: string): void => {
    let number = 0
    for (const raw of contentOf(path).split(/\r?\n/)) {
      number++
      // A comment begins at the line's start or behind a blank: a path may have # in it.
      const line = raw.replace(/(^|\s)[;#].*$/, '').trim()
      if (line === '') continue
      if (line.startsWith('[')) {
        const name = /^\[([^\]]+)\]$/.exec(line)?.[1]
        if (name === undefined) throw fail(path, number, `a section is written [name], and this is '${line}'`)
        isGlobal = name === 'global'
        if (!isGlobal) sections.push({ name, global: [...global], own: (current = []) })
        continue
      }
      if (/^include\s/.test(line)) {
        if (++includes > INCLUDES_MAX) throw fail(path, number, `more than ${String(INCLUDES_MAX)} includes`)
        const target = line.slice(8).trim()
        read(isAbsolute(target) ? target : join(dirname(path), target))
        continue
      }
      try {
        const option = optionOf(line)
        if (isGlobal) global = [...global, option]
        else if (current === undefined) throw new Refusal(`option <${line}> outside of [] job section`)
        else current.push([...option])
      } catch (error) {
        throw fail(path, number, (error as Error).message)
      }
    }
  }
  read(file)
  if (sections.length === 0) throw new Refusal(`${file}: no jobs: a job file has a [section] for each`)
  return sections
}
