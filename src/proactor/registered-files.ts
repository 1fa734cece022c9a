// ③ proactor — descriptors registered with the ring: by index, for further drivers that know no indexes.
import { FileKind, Operation } from '../operation/operation.js'

export class RegisteredFiles extends Map<number, number> {
  /** An operation on a registered file as one on its descriptor. */
  withDescriptor({ opcode, file, buffer, length, offset, flags, detail }: Operation): Operation {
    return new Operation(opcode, FileKind.DESCRIPTOR, this.get(file) ?? -1, buffer, length, offset, flags, detail)
  }
}
