// ① interface — the words of `trueaio bench`, which are fio's: `--name=…` begins a job, other job options follow it or go before all,
// words without dashes are job files; and a few options of the command itself.
import { Refusal, UsageError, type Option } from '../command.js'
import { readJobFile, optionOf, type Section, type Written } from './job-file.js'
import { isOption, mayStandAlone } from './option-names.js'

export const BENCH_OPTIONS: readonly Option[] = [
  { name: 'output-format', value: 'FORMATS', text: 'normal, json, json+, terse; several with commas. Default: normal' },
  { name: 'output', value: 'FILE', text: 'where the report goes. Default: the standard output' },
  { name: 'section', value: 'NAME', text: 'only this section of a job file', multiple: true },
  { name: 'engine', value: 'NAME', text: 'uses this engine for all jobs, whatever they name' },
  { name: 'against', value: 'NAMES', text: 'runs the same jobs with node, fio, bun, or an engine in turn, and prints ratios' },
  { name: 'metric', value: 'NAME', text: 'what --against compares: rate (operations a second) or cpu (time of each). Default: rate' },
  { name: 'rounds', value: 'COUNT', text: 'rounds of --against, 1 to 99. Default: 3' },
  { name: 'prepare', text: 'creates the files of the jobs, and measures nothing' },
  { name: 'parse-only', text: 'reads the jobs, and runs nothing' },
]

export interface BenchLine {
  readonly sections: readonly Section[]
  readonly values: ReadonlyMap<string, string>
  readonly only: readonly string[]
}

function own(name: string): Option | undefined {
  return BENCH_OPTIONS.find((option) => option.name === name)
}

/** @throws UsageError, Refusal */
export function readBenchLine(words: readonly string[]): BenchLine {
  const values = new Map<string, string>()
  const only: string[] = []
  const sections: Section[] = []
  let global: Written = []
  let current: (readonly [string, string | undefined])[] | undefined
  for (let index = 0; index < words.length; index++) {
    const word = words[index] as string
    if (!word.startsWith('-') || word === '-') {
      sections.push(...readJobFile(word, global))
      continue
    }
    const [, name = '', text] = /^--?([^=]+)(?:=([\s\S]*))?$/.exec(word) ?? []
    const option = own(name)
    const takesValue = option === undefined ? isOption(name) && !mayStandAlone(name) : option.value !== undefined
    let value = text
    if (takesValue && value === undefined) {
      const next = words[index + 1]
      if (next === undefined || next.startsWith('--')) throw new UsageError(`--${name} needs a value`)
      value = next
      index++
    }
    if (option !== undefined) {
      if (name === 'section') only.push(value ?? '')
      else values.set(name, value ?? '')
    } else if (!isOption(name)) {
      // What fio itself takes beside its job options is wrong usage here; the rest is a bad option, in fio's words.
      optionOf(`${name}=${value ?? ''}`)
    } else if (name === 'name') {
      if (value === 'global') current = undefined
      else sections.push({ name: value ?? '', global, own: (current = [['name', value]]) })
    } else {
      const read = value === undefined ? optionOf(name) : optionOf(`${name}=${value}`)
      if (current === undefined) global = [...global, read]
      else current.push(read)
    }
  }
  if (sections.length === 0) throw new UsageError("no jobs: give a job file, or --name=NAME with its options. See 'trueaio bench --help'")
  const unknown = only.filter((name) => !sections.some((section) => section.name === name))
  if (unknown.length > 0) throw new Refusal(`no section ${unknown.join(', ')} among ${sections.map(({ name }) => name).join(', ')}`)
  return { sections, values, only }
}
