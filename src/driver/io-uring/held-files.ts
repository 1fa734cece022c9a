// ④ driver — io_uring: the open files of transfers that are asked for a second time. Their descriptor's number may be another file's by
// then: they are held by duplicates, and one that is another file's already is not held.
import type { Binding } from '../../native/binding.js'
import { fileFacts, isSameFile } from '../../native/file-facts.js'
import { FileKind } from '../../operation/operation.js'
import type { Submission } from '../../proactor/driver.js'
import type { DirectFiles } from './direct-files.js'
import { grown } from './views.js'

export class HeldFiles {
  readonly #binding: Binding
  readonly #registered: DirectFiles
  readonly #facts = fileFacts()
  /** By slot: what was open at the number when the transfer was written, and the generation that this holds for. */
  #atStart: Int32Array = new Int32Array(1024)
  #generations: Int32Array = new Int32Array(1024)
  /** By slot: a duplicate of the descriptor of a transfer that waits. */
  readonly #duplicates = new Map<number, number>()

  constructor(binding: Binding, registered: DirectFiles) {
    this.#binding = binding
    this.#registered = registered
  }

  /** Notes what is open at the number of a transfer that is handed over for the first time. */
  note({ generation, operation, slot }: Submission): void {
    if (operation.fileKind === FileKind.CHAIN_OPENED || this.#duplicates.has(slot)) return
    if (slot >= this.#atStart.length) this.#grow(slot)
    this.#atStart[slot] = operation.fileKind === FileKind.REGISTERED ? this.#registered.factsAt(operation.file) : this.#facts.of(operation.file)
    this.#generations[slot] = generation
  }

  /** Makes the duplicate. False: the file is not open at that number any more. */
  hold({ generation, operation, slot }: Submission): boolean {
    if (this.#duplicates.has(slot)) return true
    const { file, fileKind } = operation
    const duplicate = this.#binding.duplicate?.(fileKind === FileKind.REGISTERED ? this.#registered.descriptorAt(file) : file) ?? -1
    if (duplicate < 0) return false
    const facts = this.#binding.fileFacts?.(duplicate)
    if (facts !== undefined && this.#generations[slot] === generation && !isSameFile(facts, this.#atStart[slot] as number)) {
      this.#binding.closeOwn?.(duplicate)
      return false
    }
    this.#duplicates.set(slot, duplicate)
    return true
  }

  /** The duplicate that a slot holds, if it does. */
  of(slot: number): number | undefined {
    return this.#duplicates.get(slot)
  }

  /** Whether there was one to let go of. */
  release(slot: number): boolean {
    const duplicate = this.#duplicates.get(slot)
    if (duplicate === undefined) return false
    this.#duplicates.delete(slot)
    this.#binding.closeOwn?.(duplicate)
    return true
  }

  #grow(slot: number): void {
    const length = Math.max(slot + 1, this.#atStart.length * 2)
    this.#atStart = grown(this.#atStart, length)
    this.#generations = grown(this.#generations, length)
  }
}
