// What came of an operation, in a form that two implementations can be compared by.
import type { SystemError } from 'trueaio'

export interface Failed {
  readonly code: string
  readonly errno: number
  readonly syscall: string
  readonly path: string | undefined
  readonly dest: string | undefined
  readonly message: string
}

export type Outcome = { readonly value: unknown } | { readonly failed: Failed }

/** An error's fields, with the directory it happened in taken out. */
export function failedAs(reason: unknown, root: string, syscall?: string): Failed {
  if (!(reason instanceof Error) || !('errno' in reason)) throw reason
  const error = reason as SystemError
  const neutral = (text: string): string => text.replaceAll(root, '<root>')
  const name = syscall ?? error.syscall
  return {
    code: error.code,
    errno: error.errno,
    syscall: name,
    path: error.path === undefined ? undefined : neutral(error.path),
    dest: error.dest === undefined ? undefined : neutral(error.dest),
    message: neutral(error.message).replace(`, ${error.syscall}`, `, ${name}`),
  }
}

export async function outcomeOf(promise: Promise<unknown>, root: string): Promise<Outcome> {
  try {
    return { value: await promise }
  } catch (error) {
    return { failed: failedAs(error, root) }
  }
}

/** @param syscall the name our error carries, where node:fs calls the same thing by another */
export function outcomeOfSync(run: () => unknown, root: string, syscall?: string): Outcome {
  try {
    return { value: run() }
  } catch (error) {
    return { failed: failedAs(error, root, syscall) }
  }
}
