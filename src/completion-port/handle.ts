// ① interface — files and sockets as completion ports know them: synchronous by default, whose calls return their results, and overlapped
// when they were opened so, whose results come as packets.
import { closeKept } from '../lasting.js'
import { defaultProactor } from '../default-proactor.js'
import { invalidArgType, plainDescriptor, type PathArgument } from '../operation/arguments.js'
import type { AddressArgument } from '../operation/address.js'
import { close, fdatasync, read, write } from '../operation/file.js'
import { Operation, type FileReference, type View } from '../operation/operation.js'
import { open, type OpenOptions } from '../operation/path.js'
import { accept, connect, recv, send, type MessageOptions } from '../operation/socket.js'
import { Errno, systemError } from '../operation/system-error.js'
import { ClosedError } from '../proactor/failure.js'
import type { SubmitOptions } from '../proactor/options.js'
import type { Proactor } from '../proactor/proactor.js'
import { checkPatience, type Patience } from '../waiting/patience.js'
import { Overlapped } from './packet.js'
import { portError } from './errors.js'
import { resultBlocking, resultLater, resultNow, WithoutPort, type OverlappedOptions } from './overlapped-end.js'
import type { AssociatedPort } from './port-interface.js'

/** Options of {@link openHandle}. */
export interface HandleOptions extends OpenOptions, Pick<Patience, 'signal'> {
  /** Milliseconds, above 0, that opening may take. Default: no limit. */
  readonly timeout?: number | undefined
  /** FILE_FLAG_OVERLAPPED: operations deliver packets to the port that the handle is associated with. Default: false. */
  readonly overlapped?: boolean | undefined
  /** Opens and closes the file, and carries out the synchronous calls. Default: `defaultProactor()`. */
  readonly proactor?: Proactor | undefined
}

/** A handle whose calls block this thread and return their results. It cannot be associated with a port. */
export class SynchronousHandle {
  /** The descriptor. It is open until `close`. */
  readonly fd: number
  readonly #proactor: Proactor
  #closed = false

  /** Made by `openHandle`. @internal */
  constructor(fd: number, proactor: Proactor) {
    this.fd = fd
    this.#proactor = proactor
  }

  /**
   * Reads; returns how many bytes, 0 at the end of the file.
   * @param offset in bytes; -1: the current position. Default: -1
   * @param options `timeout` in milliseconds, above 0
   * @throws what read(2) fails with, ETIMEDOUT, ERR_TRUEAIO_CLOSED, ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE
   */
  read(buffer: View, offset = -1, options?: Pick<SubmitOptions, 'timeout'>): number {
    return this.#run(read(this.fd, buffer, offset), options)
  }

  /** Writes; returns how many bytes. @throws as `read`. @see write(2) */
  write(buffer: View, offset = -1, options?: Pick<SubmitOptions, 'timeout'>): number {
    return this.#run(write(this.fd, buffer, offset), options)
  }

  /** FlushFileBuffers: what was written is on the device when this returns. @see fdatasync(2) */
  flush(options?: Pick<SubmitOptions, 'timeout'>): void {
    this.#run(fdatasync(this.fd), options)
  }

  /** Closes the file. Closing again does nothing. */
  close(): void {
    if (this.#closed) return
    this.#run(close(this.fd), undefined)
    this.#closed = true
  }

  [Symbol.dispose](): void {
    this.close()
  }

  #run<Result>(operation: Operation<Result>, options: SubmitOptions | undefined): Result {
    if (this.#closed) throw new ClosedError('The handle')
    const [end] = this.#proactor.runSync([operation], options)
    if (end.status === 'rejected') throw end.reason
    return end.value
  }
}

/** A handle whose calls only begin operations: their completions are packets. */
export class OverlappedHandle {
  /** The descriptor. It is open until `close`. */
  readonly fd: number
  /** Who closes the file; undefined: the caller does. */
  readonly #owner: Proactor | undefined
  #port: AssociatedPort | undefined = undefined
  #withoutPort: WithoutPort | undefined = undefined
  #key: unknown = undefined
  readonly #pending = new Set<Overlapped<unknown>>()
  #closing: Promise<void> | undefined = undefined
  #whenIdle: (() => void) | undefined = undefined

  /** Made by `openOverlapped` and `CompletionPort.associate`. @internal */
  constructor(file: FileReference, owner: Proactor | undefined) {
    if (file instanceof SynchronousHandle) throw systemError(Errno.EINVAL, 'associate', undefined, undefined, 'the handle was opened as a synchronous one')
    this.fd = plainDescriptor(file, 'handle')
    this.#owner = owner
  }

  /** The port it is associated with. */
  get port(): AssociatedPort | undefined {
    return this.#port
  }

  /** The key it is associated with. */
  get key(): unknown {
    return this.#key
  }

  /** For ports. @internal */
  checkOpen(): void {
    if (this.#closing !== undefined) throw new ClosedError('The handle')
  }

  /** For ports. @internal */
  associated(port: AssociatedPort | undefined, key: unknown): void {
    this.checkOpen()
    this.#port = port
    this.#key = key
  }

  /**
   * Begins a read at `overlapped.offset`. The buffer is lent until the packet.
   * @throws as `submit`
   * @see ReadFile with an OVERLAPPED (Win32), read(2)
   */
  read(buffer: View, overlapped: Overlapped<unknown>, options?: OverlappedOptions): void {
    this.#checkOverlapped(overlapped)
    this.submit(read(this.fd, buffer, overlapped.offset), overlapped, options)
  }

  /** Begins a write at `overlapped.offset`. The buffer is lent until the packet. @throws as `submit` */
  write(buffer: View, overlapped: Overlapped<unknown>, options?: OverlappedOptions): void {
    this.#checkOverlapped(overlapped)
    this.submit(write(this.fd, buffer, overlapped.offset), overlapped, options)
  }

  /**
   * Begins to accept a connection on a listening socket. The packet's `bytes` is the new descriptor, which the taker of
   * the packet closes.
   * @throws as `submit`
   * @see AcceptEx (Win32), accept4(2)
   */
  accept(overlapped: Overlapped<unknown>, options?: OverlappedOptions): void {
    this.submit(accept(this.fd), overlapped, options)
  }

  /**
   * Begins to connect a socket. Its packet arrives when it is connected, or has failed.
   * @throws as `submit`.
   * @see ConnectEx (Win32), connect(2)
   */
  connect(address: AddressArgument, overlapped: Overlapped<unknown>, options?: OverlappedOptions): void {
    this.submit(connect(this.fd, address), overlapped, options)
  }

  /**
   * Begins to receive into a buffer, which is lent until the packet; `bytes` of 0: the peer has ended its side.
   * @param options `flags`: `MessageFlag` bits
   * @throws as `submit`
   * @see WSARecv (Win32), recv(2)
   */
  receive(buffer: View, overlapped: Overlapped<unknown>, { flags = 0, ...options }: OverlappedOptions & MessageOptions = {}): void {
    this.submit(recv(this.fd, buffer, { flags }), overlapped, options)
  }

  /**
   * Begins to send: on a stream socket all of it, after the sends that were begun before.
   * @throws as `submit`.
   * @see WSASend (Win32), send(2)
   */
  send(data: View | readonly View[], overlapped: Overlapped<unknown>, { flags = 0, ...options }: OverlappedOptions & MessageOptions = {}): void {
    this.submit(send(this.fd, data, { flags }), overlapped, options)
  }

  /** Begins a flush of the file to its device. @throws as `submit`. @see fdatasync(2) */
  flush(overlapped: Overlapped<unknown>, options?: OverlappedOptions): void {
    this.submit(fdatasync(this.fd), overlapped, options)
  }

  /**
   * Begins any operation, and delivers its completion as this handle's packet. For a handle without a port `result`
   * returns it, and `routine` is called with it.
   * @throws ERR_TRUEAIO_CLOSED; ERR_TRUEAIO_OVERLAPPED_BUSY: an operation of this `overlapped` is in progress;
   * ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE
   * @throws EINVAL: a routine for a handle that is associated with a port (ERROR_INVALID_PARAMETER)
   */
  submit(operation: Operation, overlapped: Overlapped<unknown>, options: OverlappedOptions = {}): void {
    this.#checkOverlapped(overlapped)
    this.checkOpen()
    const { routine } = options
    if (routine !== undefined && typeof routine !== 'function') throw invalidArgType('options.routine', 'of type function', routine)
    if (routine !== undefined && this.#port !== undefined) {
      throw systemError(Errno.EINVAL, 'submit', undefined, undefined, 'the handle is associated with a completion port, and delivers packets: there is no routine to call')
    }
    if (overlapped.pending) throw portError('ERR_TRUEAIO_OVERLAPPED_BUSY', 'An operation of this Overlapped is in progress: use another Overlapped until its packet has arrived')
    overlapped.handle = this
    this.#pending.add(overlapped)
    try {
      if (this.#port !== undefined) this.#port.submit(operation, overlapped, this.#key, options)
      else (this.#withoutPort ??= new WithoutPort(this.#owner ?? defaultProactor())).submit(operation, overlapped, options)
    } catch (error) {
      this.#pending.delete(overlapped)
      throw error
    }
  }

  /**
   * Waits for an operation of this handle. Resolves to its bytes.
   * @param options `signal` and `timeout` (ms, ≥ 0) end the wait, not the operation
   * @throws (rejects) what the operation fails with; AbortError; ETIMEDOUT (WAIT_TIMEOUT); ERR_TRUEAIO_NOT_BEGUN: no operation of this handle had this `overlapped`
   * @see GetOverlappedResultEx (Win32)
   */
  async result(overlapped: Overlapped<unknown>, options: Patience = {}): Promise<number> {
    checkPatience(options)
    this.#checkBegun(overlapped)
    return resultLater(overlapped, options)
  }

  /**
   * The same without a wait; undefined: it is in progress (ERROR_IO_INCOMPLETE).
   * @throws what the operation failed with, ERR_TRUEAIO_NOT_BEGUN
   */
  tryResult(overlapped: Overlapped<unknown>): number | undefined {
    this.#checkBegun(overlapped)
    return resultNow(overlapped)
  }

  /** The same as `result`, blocking this thread. @throws as `result` */
  resultSync(overlapped: Overlapped<unknown>, options: Pick<Patience, 'timeout'> = {}): number {
    this.#checkBegun(overlapped)
    return resultBlocking(overlapped, (overlapped.port ?? this.#unknown()).proactor, options)
  }

  /** Operations whose packets are still to come. */
  get inFlight(): number {
    return this.#pending.size
  }

  /**
   * Cancels an operation, or all operations of this handle. Their packets have an AbortError (ERROR_OPERATION_ABORTED),
   * or their results if those were faster.
   * @returns whether there was anything to cancel (false: ERROR_NOT_FOUND)
   * @throws ERR_INVALID_ARG_TYPE
   * @see CancelIoEx (Win32)
   */
  cancel(overlapped?: Overlapped<unknown>): boolean {
    if (overlapped !== undefined) {
      this.#checkOverlapped(overlapped)
      return this.#pending.has(overlapped) && this.#cancel(overlapped)
    }
    const all = [...this.#pending]
    for (const one of all) this.#cancel(one)
    return all.length > 0
  }

  #cancel(overlapped: Overlapped<unknown>): boolean {
    const { entry } = overlapped
    if (entry === undefined) return false
    overlapped.port?.cancel(entry)
    return true
  }

  /** For ports: an operation has ended. @internal */
  ended(overlapped: Overlapped<unknown>): void {
    this.#pending.delete(overlapped)
    if (this.#pending.size === 0) this.#whenIdle?.()
  }

  /**
   * Refuses further operations, cancels those in progress, and closes the file when they have ended. Their packets are
   * delivered. The association ends. A plain descriptor that was associated stays open.
   * @throws (rejects) what close(2) fails with
   */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    this.cancel()
    if (this.#pending.size > 0) {
      await new Promise<void>((resolve) => {
        this.#whenIdle = resolve
      })
    }
    this.#port = undefined
    if (this.#owner !== undefined) await closeKept(this.#owner, this.fd)
  }

  #checkBegun(overlapped: Overlapped<unknown>): void {
    this.#checkOverlapped(overlapped)
    if (overlapped.handle !== this) this.#unknown()
  }

  #unknown(): never {
    throw portError('ERR_TRUEAIO_NOT_BEGUN', 'No operation of this handle was begun with this Overlapped: begin one first')
  }

  #checkOverlapped(overlapped: Overlapped<unknown>): void {
    if (!(overlapped instanceof Overlapped)) throw invalidArgType('overlapped', 'an instance of Overlapped', overlapped)
  }
}

/**
 * Opens a file: a synchronous handle, or with `overlapped: true` one whose operations deliver packets.
 * @throws (rejects) what open(2) fails with, AbortError, ETIMEDOUT
 * @throws (rejects) ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE
 * @see CreateFile (Win32), open(2)
 */
export function openHandle(path: PathArgument, options: HandleOptions & { readonly overlapped: true }): Promise<OverlappedHandle>
export function openHandle(path: PathArgument, options?: HandleOptions & { readonly overlapped?: false | undefined }): Promise<SynchronousHandle>
export function openHandle(path: PathArgument, options?: HandleOptions): Promise<SynchronousHandle | OverlappedHandle>
export async function openHandle(path: PathArgument, options: HandleOptions = {}): Promise<SynchronousHandle | OverlappedHandle> {
  const { overlapped = false, proactor = defaultProactor(), signal, timeout } = options
  if (typeof overlapped !== 'boolean') throw invalidArgType('options.overlapped', 'of type boolean', overlapped)
  const fd = await proactor.submit(open(path, options), { signal, timeout })
  return overlapped ? new OverlappedHandle(fd, proactor) : new SynchronousHandle(fd, proactor)
}

/** Opens a file whose operations deliver packets: `openHandle` with `overlapped: true`. */
export function openOverlapped(path: PathArgument, options: Omit<HandleOptions, 'overlapped'> = {}): Promise<OverlappedHandle> {
  return openHandle(path, { ...options, overlapped: true })
}
