// ① interface — `trueaio completion`: what a shell needs to complete commands and their options, from the same tables as the help.
import { optionsOf, UsageError, type Command } from './command.js'

function flags(command: Command): string[] {
  return optionsOf(command).map(({ name }) => `--${name}`)
}

function bash(commands: readonly Command[]): string {
  const cases = commands.map((command) => `    ${command.name}) words='${flags(command).join(' ')}' ;;`)
  return `_trueaio() {
  local current=\${COMP_WORDS[COMP_CWORD]} words=
  case \${COMP_CWORD}:\${COMP_WORDS[1]} in 1:*) words='${[...commands.map(({ name }) => name), 'completion', '--help', '--version'].join(' ')}' ;; esac
  [ "$COMP_CWORD" -gt 1 ] && case \${COMP_WORDS[1]} in
${cases.join('\n')}
    completion) words='bash zsh fish' ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  case $current in -*) ;; *) [ "$COMP_CWORD" -gt 1 ] && COMPREPLY+=($(compgen -f -- "$current")) ;; esac
}
complete -o filenames -F _trueaio trueaio`
}

function fish(commands: readonly Command[]): string {
  const lines = [`complete -c trueaio -n __fish_use_subcommand -f -a '${[...commands.map(({ name }) => name), 'completion'].join(' ')}'`]
  for (const command of commands) {
    for (const { name, short, value, text } of optionsOf(command)) {
      const parts = [`complete -c trueaio -n '__fish_seen_subcommand_from ${command.name}' -l ${name}`]
      if (short !== undefined) parts.push(`-s ${short}`)
      if (value !== undefined) parts.push('-r')
      lines.push(`${parts.join(' ')} -d '${(text.split(/[.;:] /)[0] ?? '').replaceAll("'", "\\'")}'`)
    }
  }
  lines.push("complete -c trueaio -n '__fish_seen_subcommand_from completion' -f -a 'bash zsh fish'")
  return lines.join('\n')
}

/** The command, which knows all others. */
export function completionOf(commands: readonly Command[]): Command {
  return {
    name: 'completion',
    usage: ['bash|zsh|fish'],
    text: `Prints a shell's completion of the commands and their options.\n\n  source <(trueaio completion bash)\n  source <(trueaio completion zsh)\n  trueaio completion fish | source`,
    options: [],
    run({ positionals }) {
      const [shell, ...others] = positionals
      if (others.length > 0 || (shell !== 'bash' && shell !== 'zsh' && shell !== 'fish')) {
        throw new UsageError(`completion takes one of bash, zsh, fish, and got ${positionals.length === 0 ? 'none' : `'${positionals.join(' ')}'`}`)
      }
      if (shell === 'fish') console.log(fish(commands))
      else console.log(shell === 'zsh' ? `autoload -U +X bashcompinit && bashcompinit\n${bash(commands)}` : bash(commands))
      return Promise.resolve(0)
    },
  }
}
