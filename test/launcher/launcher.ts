// Builds the launcher (launcher.c) once a run.
import { compile, type Compiled } from './compile.js'

let built: Compiled | undefined

/** The launcher's path, or why there is none here. */
export function launcher(): Compiled {
  built ??= compile('launcher', ['launcher/launcher.c'])
  return built
}
