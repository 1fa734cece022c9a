// ① interface — `trueaio/transfer`: the registry of operations and devices.
export { operations, Registry } from './registry/index.js'
export type {
  Capabilities, Choice, Device, EndKind, FailedOptions, Filling, Measured, OperationKind, OperationName, PassedOver, Stage, StageEnd, SubOption, TableRow, Work,
} from './registry/index.js'
