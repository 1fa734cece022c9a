// ① interface — operations on memory by what the language has, on the calling thread.
import type { Device } from '../registry/device.js'

export const languageCopy: Device = {
  operation: 'copy',
  name: 'TypedArray.set',
  capabilities: { where: 'calling thread', inPlace: true },
  run(_work, source, target) {
    target.set(source)
  },
}
