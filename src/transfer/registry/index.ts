// ① interface — operations × devices: which operations there are, who can carry each out, and who does it best here.
import { fillRegistry } from '../devices/index.js'
import { Registry } from './registry.js'

export type {
  Capabilities, Choice, Device, EndKind, Measured, OperationName, PassedOver, Stage, StageEnd, TableRow, Work,
} from './device.js'
export type { OperationKind, SubOption } from './operation-kinds.js'
export type { FailedOptions, Filling } from './registry.js'
export { Registry } from './registry.js'

/** The registry of this thread. It gets its devices at its first use. */
export const operations: Registry = new Registry(fillRegistry)
