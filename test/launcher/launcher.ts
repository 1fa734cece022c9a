// The launcher (launcher.c), which runs programs under harsh conditions.
import { program, type Compiled } from './compile.js'

/** Its path, or why there is none here. */
export function launcher(): Compiled {
  return program('launcher')
}
