// ① interface — the memory of a job's operations.
import { Proactor } from '../../default-proactor.js'
import { Refusal } from '../command.js'

const DIRECT_ALIGNMENT = 4096

/** Memory for `count` blocks of at most `bytes`: on whole pages where O_DIRECT asks for that. */
export class Memory {
  #io: Proactor | undefined

  /** @throws Refusal for O_DIRECT without the addon */
  allocate(bytes: number, isDirect: boolean): Buffer {
    if (!isDirect) return Buffer.alloc(bytes)
    try {
      this.#io ??= new Proactor()
      return this.#io.buffers.allocate(Math.max(bytes, DIRECT_ALIGNMENT)).subarray(0, bytes)
    } catch (error) {
      throw new Refusal(`direct=1 needs memory on whole pages: ${(error as Error).message}`)
    }
  }

  async end(): Promise<void> {
    await this.#io?.close()
  }
}
