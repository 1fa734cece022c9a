// ① interface — which proactor serves the sockets. Each thread has a proactor for sockets beside
// that of files: an idle connection holds a place in flight, and ten thousand of them must leave files theirs.
import { followThread, givenProactor, Proactor } from '../default-proactor.js'
import { takeConfiguration } from '../configure.js'
import { invalidArgType } from '../operation/arguments.js'
import type { Proactor as EngineProactor } from '../proactor/proactor.js'

/** What a ring with the most completions that Linux allows can have in flight. */
const IN_FLIGHT_MAX = 32_768

export interface EngineOptions {
  /**
   * Carries out all operations. Default: this thread's proactor for sockets, or the one given to `setDefaultProactor`.
   */
  readonly proactor?: EngineProactor | undefined
}

let ofThisThread: Proactor | undefined
const ofSockets = (): Proactor | undefined => ofThisThread

/** @throws ERR_INVALID_ARG_TYPE */
export function proactorOf({ proactor }: EngineOptions): EngineProactor {
  if (proactor !== undefined) {
    if (!(proactor instanceof Proactor)) throw invalidArgType('options.proactor', 'an instance of Proactor', proactor)
    return proactor
  }
  const given = givenProactor()
  if (given !== undefined) return given
  if (ofThisThread === undefined) {
    ofThisThread = new Proactor({ inFlightMax: IN_FLIGHT_MAX, ...takeConfiguration() })
    followThread(ofSockets)
  }
  return ofThisThread
}
