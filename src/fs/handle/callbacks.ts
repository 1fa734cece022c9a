// ① interface — what node:fs with a callback does to open files, on the engine.
import type * as node from 'node:fs'
import { callbackForm } from '../forms/index.js'
import * as descriptors from './descriptors.js'
import { openDescriptor } from './open.js'

export { read, readv, write, writev } from './callback-transfers.js'

type Node = typeof node

export const close: Node['close'] = callbackForm('close', descriptors.close)
export const fchmod: Node['fchmod'] = callbackForm('fchmod', descriptors.fchmod)
export const fchown: Node['fchown'] = callbackForm('fchown', descriptors.fchown)
export const fdatasync: Node['fdatasync'] = callbackForm('fdatasync', descriptors.fdatasync)
export const fstat: Node['fstat'] = callbackForm('fstat', descriptors.fstat)
export const fsync: Node['fsync'] = callbackForm('fsync', descriptors.fsync)
export const ftruncate: Node['ftruncate'] = callbackForm('ftruncate', descriptors.ftruncate)
export const futimes: Node['futimes'] = callbackForm('futimes', descriptors.futimes)
export const open: Node['open'] = callbackForm('open', openDescriptor)
