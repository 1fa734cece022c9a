// ① interface — what a send takes.
import { invalidArgType } from '../operation/arguments.js'
import type { View } from '../operation/operation.js'

/** Text is sent as UTF-8. Memory is lent until the promise settles. */
export type Sendable = string | View | readonly (string | View)[]

/** The memory to send. @throws ERR_INVALID_ARG_TYPE */
export function dataOf(data: Sendable): View | readonly View[] {
  if (typeof data === 'string') return Buffer.from(data)
  if (ArrayBuffer.isView(data)) return data
  if (!Array.isArray(data)) throw invalidArgType('data', 'of type string or an instance of Buffer, TypedArray, DataView or Array', data)
  return (data as readonly (string | View)[]).map((one) => (typeof one === 'string' ? Buffer.from(one) : one))
}
