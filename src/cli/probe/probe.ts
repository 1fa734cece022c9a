// ① interface — `trueaio probe`: which driver runs here, why the others do not and what to do about it, and how each operation would be
// carried out.
import { ExitCode, textOf, UsageError, type Command } from '../command.js'
import { columnsOf, painted, wrapped } from '../terminal.js'
import { adviceFor } from './advice.js'
import type { Findings } from './findings.js'

function paragraph(text: string, lead: string): string {
  const lines = wrapped(text, columnsOf(process.stdout), lead.length)
  return [`${lead}${(lines[0] ?? '').trimStart()}`, ...lines.slice(1)].join('\n')
}

function advised(reason: string | undefined): void {
  const advice = reason === undefined ? undefined : adviceFor(reason)
  if (advice !== undefined) console.log(paragraph(advice, '             → '))
}

function print(findings: Findings): void {
  console.log(`Node ${findings.node}, ${findings.platform}, kernel ${findings.kernel}`)
  console.log(`addon: ${findings.addon ?? 'loaded'}`)
  advised(findings.addon)
  console.log('')
  for (const { name, state, reason } of findings.drivers) {
    const colour = state === 'in use' ? 'green' : state === 'refused' ? 'red' : 'gray'
    console.log(`${name.padEnd(12)} ${painted(process.stdout, colour, state)}${reason === undefined ? '' : `: ${reason}`}`)
    // What is wrong with the addon was reported above.
    if (reason !== findings.addon) advised(reason)
  }
  console.log('')
  for (const [name, how] of Object.entries(findings.operations)) console.log(`${name.padEnd(16)} ${how}`)
}

export const probe: Command = {
  name: 'probe',
  usage: ['[--json] [--driver NAME]'],
  text: 'Shows which driver runs on this machine, why the others do not and what to do about it, and how each operation would be carried out.',
  options: [
    { name: 'json', text: 'one JSON document' },
    { name: 'driver', value: 'NAME', text: 'as if this driver had been chosen: io-uring, linux-aio, thread-pool, node' },
  ],
  async run(given) {
    if (given.positionals.length > 0) throw new UsageError(`probe takes no further words, and got '${given.positionals.join(' ')}'`)
    const { findOut } = await import('./findings.js')
    const findings = await findOut(textOf(given, 'driver'))
    if (given.values['json'] === true) {
      const drivers = findings.drivers.map((driver) => {
        const advice = driver.reason === undefined ? undefined : adviceFor(driver.reason)
        return advice === undefined ? driver : { ...driver, advice }
      })
      console.log(JSON.stringify({ ...findings, drivers }, undefined, 2))
    } else print(findings)
    return ExitCode.DONE
  },
}
