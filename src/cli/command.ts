// ① interface — what a command of `trueaio` is: its options as a table, from which parsing, help and completion are made.
import { parseArgs } from 'node:util'
import { wrapped } from './terminal.js'

export interface Option {
  readonly name: string
  readonly short?: string
  /** What stands for its value in the help; none: it takes no value. */
  readonly value?: string
  /** May be given several times. */
  readonly multiple?: true
  readonly text: string
}

/** The values of a command's options by their names, and what else was given. */
export interface Given {
  readonly values: Readonly<Record<string, string | boolean | undefined>>
  readonly lists: Readonly<Record<string, readonly string[] | undefined>>
  readonly positionals: readonly string[]
  /** Words from the first that is no option, where the command runs a program. */
  readonly program: readonly string[]
}

/** What main.ts tells a command. */
export interface Surroundings {
  /** The file of the command `trueaio` itself, which starts further processes. */
  readonly mainFile: string
  readonly version: string
}

export interface Command {
  readonly name: string
  /** What follows the name in the first line of the help. */
  readonly usage: readonly string[]
  readonly text: string
  readonly options: readonly Option[]
  /** What the help says after the options. */
  readonly more?: string
  /** The command starts a program: options end at its name. */
  readonly runsProgram?: true
  /** The command reads its words itself. */
  readonly readsItself?: true
  run(given: Given, words: readonly string[], surroundings: Surroundings): Promise<number>
}

/** Exit codes of every command. */
export const ExitCode = {
  DONE: 0,
  /** What was asked was begun and failed, or a job was refused. */
  FAILED: 1,
  /** The command line was wrong. */
  USAGE: 2,
  /** Ctrl-C. */
  INTERRUPTED: 130,
} as const

/** The command line is wrong: exit 2. */
export class UsageError extends Error {}

/** What was given is refused: exit 1. */
export class Refusal extends Error {}

const HELP: Option = { name: 'help', short: 'h', text: 'this text' }

export function optionsOf(command: Command): readonly Option[] {
  return [...command.options, HELP]
}

function leftOf({ name, short, value }: Option): string {
  return `${short === undefined ? '    ' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`
}

/** The help of one command, as wide as the terminal. */
export function helpOf(command: Command, columns: number): string {
  const lines = command.usage.map((usage) => `trueaio ${command.name}${usage === '' ? '' : ` ${usage}`}`)
  lines.push('', ...wrapped(command.text, columns, 0), '')
  for (const option of optionsOf(command)) {
    const left = `  ${leftOf(option)}`
    const lead = 26
    const text = wrapped(option.text, columns, lead)
    if (left.length >= lead - 1) lines.push(left, ...text)
    else lines.push(`${left.padEnd(lead)}${(text[0] ?? '').trimStart()}`, ...text.slice(1))
  }
  if (command.more !== undefined) lines.push('', ...wrapped(command.more, columns, 0))
  return lines.join('\n')
}

/** How many words belong to the command itself: those before a program's name. */
function ownWords(command: Command, words: readonly string[]): number {
  const options = optionsOf(command)
  for (let index = 0; index < words.length; index++) {
    const word = words[index] as string
    if (word === '--') return index
    if (!word.startsWith('-')) return index
    const option = options.find(({ name, short }) => word === `--${name}` || (short !== undefined && word === `-${short}`))
    if (option?.value !== undefined) index++
  }
  return words.length
}

/** @throws UsageError */
export function readWords(command: Command, words: readonly string[]): Given {
  const own = command.runsProgram === true ? ownWords(command, words) : words.length
  try {
    const parsed = parseArgs({
      args: words.slice(0, own),
      allowPositionals: true,
      options: Object.fromEntries(optionsOf(command).map(({ name, short, value, multiple }) => [name, {
        type: value === undefined ? 'boolean' as const : 'string' as const, ...(short === undefined ? {} : { short }), ...(multiple === true ? { multiple } : {}),
      }])),
    })
    const values: Record<string, string | boolean | undefined> = {}
    const lists: Record<string, readonly string[] | undefined> = {}
    for (const [name, value] of Object.entries(parsed.values)) {
      if (Array.isArray(value)) lists[name] = value.map(String)
      else values[name] = value
    }
    const program = words.slice(words[own] === '--' ? own + 1 : own)
    return { values, lists, positionals: parsed.positionals, program }
  } catch (error) {
    // Behind the first sentence parseArgs explains how positionals are written.
    throw new UsageError((error as Error).message.split(/\. |\n/)[0])
  }
}

/** A whole number among a command's options. @throws UsageError */
export function wholeNumber({ values }: Given, name: string, least: number, most: number, otherwise: number): number {
  const text = values[name]
  if (text === undefined) return otherwise
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < least || value > most) {
    throw new UsageError(`--${name} must be a whole number from ${String(least)} to ${String(most)}, and is '${String(text)}'`)
  }
  return value
}

export function textOf({ values }: Given, name: string): string | undefined {
  const value = values[name]
  return typeof value === 'string' ? value : undefined
}
