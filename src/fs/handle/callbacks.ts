// ① interface — what node:fs with a callback does to open files, on the engine.
import { callbackForm } from '../forms/index.js'
import * as descriptors from './descriptors.js'
import { openDescriptor } from './open.js'
import type { Callbacks } from '../types/index.js'

export { read, readv, write, writev } from './callback-transfers.js'

export const close: Callbacks['close'] = callbackForm('close', descriptors.close)
export const fchmod: Callbacks['fchmod'] = callbackForm('fchmod', descriptors.fchmod)
export const fchown: Callbacks['fchown'] = callbackForm('fchown', descriptors.fchown)
export const fdatasync: Callbacks['fdatasync'] = callbackForm('fdatasync', descriptors.fdatasync)
export const fstat: Callbacks['fstat'] = callbackForm('fstat', descriptors.fstat)
export const fsync: Callbacks['fsync'] = callbackForm('fsync', descriptors.fsync)
export const ftruncate: Callbacks['ftruncate'] = callbackForm('ftruncate', descriptors.ftruncate)
export const futimes: Callbacks['futimes'] = callbackForm('futimes', descriptors.futimes)
export const open: Callbacks['open'] = callbackForm('open', openDescriptor)
