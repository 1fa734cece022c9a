// ① interface — the door of `handle/`: open files, as FileHandles and as descriptor numbers.
export { DirectHandle, NoDirectError, openDirect, type DirectAlignment, type DirectTransferOptions } from './open-direct.js'
