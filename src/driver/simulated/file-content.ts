// ④ driver — simulated: the bytes of one file, in pages that exist only where something was written. Used by inode.ts.

export const PAGE_BYTES = 4096

/** How much the whole file tree may hold. Every page that is made or dropped is counted here. */
export class Quota {
  /** Bytes; Infinity: no limit. */
  bytesMax: number
  bytesUsed = 0
  constructor(bytesMax: number) {
    this.bytesMax = bytesMax
  }

  take(): boolean {
    if (this.bytesUsed + PAGE_BYTES > this.bytesMax) return false
    this.bytesUsed += PAGE_BYTES
    return true
  }

  giveBack(): void {
    this.bytesUsed -= PAGE_BYTES
  }
}

/** Sparse bytes: reads of holes are zeros, as a file system has it. */
export class FileContent {
  size = 0
  readonly #pages = new Map<number, Uint8Array>()
  readonly #quota: Quota

  constructor(quota: Quota) {
    this.#quota = quota
  }

  /** Bytes of pages that exist. */
  get bytesHeld(): number {
    return this.#pages.size * PAGE_BYTES
  }

  /** Copies into `target` from byte `at`. Returns how many bytes there were before the end. */
  read(at: number, target: Uint8Array): number {
    const count = Math.max(0, Math.min(target.byteLength, this.size - at))
    for (let done = 0; done < count;) {
      const within = (at + done) % PAGE_BYTES
      const bytes = Math.min(PAGE_BYTES - within, count - done)
      const page = this.#pages.get(Math.floor((at + done) / PAGE_BYTES))
      if (page === undefined) target.fill(0, done, done + bytes)
      else target.set(page.subarray(within, within + bytes), done)
      done += bytes
    }
    return count
  }

  /** Copies from `source` to byte `at`. Returns how many bytes the quota had room for. */
  write(at: number, source: Uint8Array): number {
    let done = 0
    while (done < source.byteLength) {
      const within = (at + done) % PAGE_BYTES
      const bytes = Math.min(PAGE_BYTES - within, source.byteLength - done)
      const page = this.#page(Math.floor((at + done) / PAGE_BYTES))
      if (page === undefined) break
      page.set(source.subarray(done, done + bytes), within)
      done += bytes
    }
    if (done > 0) this.size = Math.max(this.size, at + done)
    return done
  }

  /** Cuts, or extends by a hole. */
  resize(size: number): void {
    if (size <= this.size) this.clear(size, Infinity) // pages allocated beyond the end go too
    this.size = size
  }

  /** Makes the pages of a range. False: the quota has not enough. */
  allocate(from: number, to: number): boolean {
    for (let index = Math.floor(from / PAGE_BYTES); index * PAGE_BYTES < to; index++) {
      if (this.#page(index) === undefined) return false
    }
    return true
  }

  /** Makes a range zeros; drops whole pages. */
  clear(from: number, to: number): void {
    for (const [index, page] of this.#pages) {
      const start = Math.max(from - index * PAGE_BYTES, 0)
      const end = Math.min(to - index * PAGE_BYTES, PAGE_BYTES)
      if (start >= end) continue
      if (end - start === PAGE_BYTES || (start === 0 && index * PAGE_BYTES + end >= this.size)) {
        this.#pages.delete(index)
        this.#quota.giveBack()
      } else page.fill(0, start, end)
    }
  }

  #page(index: number): Uint8Array | undefined {
    let page = this.#pages.get(index)
    if (page === undefined && this.#quota.take()) {
      page = new Uint8Array(PAGE_BYTES)
      this.#pages.set(index, page)
    }
    return page
  }
}
