// ① interface — `trueaio run`: a program on the drop-in, and at its end, or at SIGUSR2, what went through the engine.
import { writeFileSync } from 'node:fs'
import { Refusal, textOf, type Command } from './command.js'
import { columnsOf } from './terminal.js'
import { figuresTable } from './watch/figures.js'
import { watch } from './watch/program.js'

export const run: Command = {
  name: 'run',
  usage: ['[--json FILE] [--quiet] PROGRAM [ARGUMENTS…]'],
  text: 'Runs a program with node:fs replaced by trueaio, and prints at its end what went through the engine: each operation\'s count, errors, bytes and latency, in flight, driver, system calls. At SIGUSR2 it prints the figures so far. The exit code is the program\'s.',
  options: [
    { name: 'json', value: 'FILE', text: 'the figures as JSON into a file' },
    { name: 'quiet', short: 'q', text: 'no table' },
  ],
  runsProgram: true,
  run(given) {
    return watch('run', given.program, false, ({ code, figures }) => {
      const file = textOf(given, 'json')
      if (file !== undefined) {
        try {
          writeFileSync(file, `${JSON.stringify(figures, undefined, 2)}\n`)
        } catch (error) {
          throw new Refusal(`--json ${file}: ${(error as NodeJS.ErrnoException).code ?? String(error)}`)
        }
      }
      if (given.values['quiet'] !== true) process.stderr.write(`${figuresTable(figures, columnsOf(process.stderr))}\n`)
      return code
    })
  },
}
