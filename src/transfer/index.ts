// ① interface — `trueaio/transfer`: any source to any target, over the registry of operations and devices. Nothing runs at import.
export { transfer } from './transfer.js'
export { Transfer } from './job.js'
export type { SubmitToOptions, TransferEvent, TransferResult } from './job.js'
export { transferSync } from './transfer-sync.js'
export type { SyncEnd, TransferSyncOptions } from './transfer-sync.js'
export type { TransferOptions, PieceOptions } from './options.js'
export type { HttpEnd } from './ends/http.js'
export type { ByteIterable } from './ends/iterable.js'
export type { DescriptorEnd, FileEnd, MemoryEnd, TransferSource, TransferTarget } from './ends/parse.js'
export { TransferAbortError, TransferError } from './errors.js'
export type { TreeAction, TreeEntry, TreeOptions } from './tree/tree-options.js'
export type { Progress, ProgressOptions } from './progress.js'
export { checksum, cipher, compress, decipher, decompress, hash } from './through/stage-works.js'
export type { StageOptions, StageWork } from './through/stage-works.js'
export { operations, Registry } from './registry/index.js'
export type {
  Capabilities, Choice, Device, EndKind, FailedOptions, Filling, Measured, OperationKind, OperationName, PassedOver, Stage, StageEnd, SubOption, TableRow, Work,
} from './registry/index.js'
