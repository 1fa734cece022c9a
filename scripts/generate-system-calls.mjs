// Writes src/operation/system-call-numbers.ts from the kernel headers of this machine (linux-libc-dev).
// Run it on Linux x64: node scripts/generate-system-calls.mjs
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'

// What arch/arm64/include/uapi/asm/unistd.h defines before it includes asm-generic/unistd.h.
const ARM64 = ['__ARCH_WANT_RENAMEAT', '__ARCH_WANT_NEW_STAT', '__ARCH_WANT_SET_GET_RLIMIT', '__ARCH_WANT_TIME32_SYSCALLS', '__ARCH_WANT_SYS_CLONE3', '__ARCH_WANT_MEMFD_SECRET']

function numbers(header, defines = []) {
  const source = `#include <${header}>\n`
  const flags = [...defines.map((name) => `-D${name}`), '-D__BITS_PER_LONG=64', '-E', '-dM', '-']
  const macros = execFileSync('cc', flags, { input: source, encoding: 'utf8' })
  const direct = new Map()
  const aliases = new Map()
  for (const [, name, value] of macros.matchAll(/^#define (__NR3264_\w+|__NR_\w+) (\S+)$/gm)) {
    if (/^\d+$/.test(value)) direct.set(name, Number(value))
    else aliases.set(name, value)
  }
  for (const [name, target] of aliases) if (direct.has(target)) direct.set(name, direct.get(target))
  const table = [...direct].filter(([name]) => name.startsWith('__NR_') && !/__NR_(syscalls|arch_specific_syscall)$/.test(name))
  return new Map(table.map(([name, number]) => [name.slice(5), number]).sort((a, b) => a[1] - b[1]))
}

const x64 = numbers('asm/unistd_64.h')
const arm64 = numbers('asm-generic/unistd.h', ARM64)
if (x64.get('read') !== 0 || arm64.get('read') !== 63) throw new Error('these headers are not the ones expected (linux-libc-dev)')

const names = [...new Set([...x64.keys(), ...arm64.keys()])].sort()
const rows = (table) => [...table].map(([name, number]) => `  ${name}: ${number},`).join('\n')
writeFileSync(
  new URL('../src/operation/system-call-numbers.ts', import.meta.url),
  `// ② operation — the numbers of Linux's system calls, generated from the kernel's headers by scripts/generate-system-calls.mjs.

/** Every system call known on x64 or arm64. */
export type SystemCallName =
${names.map((name) => `  | '${name}'`).join('\n')}

type Numbers = Readonly<Partial<Record<SystemCallName, number>>>

/** x64 (arch/x86/entry/syscalls/syscall_64.tbl). */
export const SYS_X64: Numbers = {
${rows(x64)}
}

/** arm64 (include/uapi/asm-generic/unistd.h). */
export const SYS_ARM64: Numbers = {
${rows(arm64)}
}

const NONE: Numbers = {}

/** The numbers for the machine this runs on; empty off Linux. */
export const SYS: Numbers =
  process.platform !== 'linux' ? NONE : process.arch === 'x64' ? SYS_X64 : process.arch === 'arm64' ? SYS_ARM64 : NONE
`,
)
