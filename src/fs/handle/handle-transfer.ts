// ① interface — a FileHandle of the engine's on its way to another thread. What travels is Node's native object, so the
// descriptor gets one at that moment; it arrives as Node's own FileHandle does: at `port.on('message')`, of Node's class.
import { Descriptor } from './descriptor.js'
import { NODE_MAJOR } from '../node/index.js'

/** What is learnt from a FileHandle of Node's; any of it may be missing in a Node that is built otherwise. */
export interface NodeHandleParts {
  /** Where a handle has what stands behind it. */
  readonly handle: symbol
  /** How many use it, itself included. */
  readonly refs: symbol
  /** The class of Node's native object, made from a descriptor number. */
  readonly Native: new (fd: number) => object
}

/** What Node says of a handle that is closed. */
const CLOSED = `Cannot ${NODE_MAJOR >= 22 ? 'clone' : 'transfer'} object of unsupported type.`

const IN_USE = 'Cannot transfer FileHandle while in use'

type Handle = Record<symbol, unknown> & { readonly fd: number }
type Method = (this: Handle) => unknown

/** The parts of one of Node's own handles. */
export function partsOf(handle: object): NodeHandleParts | undefined {
  const own = Object.getOwnPropertySymbols(handle)
  const named = (name: string): symbol | undefined => own.find(({ description }) => description === name)
  const [kHandle, kRefs] = [named('kHandle'), named('kRefs')]
  if (kHandle === undefined || kRefs === undefined) return undefined
  const native = (handle as Record<symbol, object | undefined>)[kHandle]
  if (typeof native?.constructor !== 'function' || native.constructor === Object) return undefined
  return { handle: kHandle, refs: kRefs, Native: native.constructor as NodeHandleParts['Native'] }
}

/** Lets handles of this class be transferred; without `parts`, refuses it. */
export function defineTransfer(prototype: object, Node: { readonly prototype: object }, parts: NodeHandleParts | undefined): void {
  const symbols = Object.getOwnPropertySymbols(Node.prototype)
  const named = (name: string): symbol | undefined => symbols.find(({ description }) => description === name)
  const [transfer, list] = [named('messaging_transfer_symbol'), named('messaging_transfer_list_symbol')]
  if (transfer === undefined || list === undefined) return // then Node knows no transfer of handles
  const { [transfer]: transferAsNode, [list]: listAsNode } = Node.prototype as Record<symbol, Method>

  // Asked first: from here on the descriptor is the native object's, also if the message is not sent after all.
  Object.defineProperty(prototype, list, {
    value(this: Handle) {
      const behind = parts === undefined ? undefined : this[parts.handle]
      if (parts !== undefined && behind instanceof Descriptor && behind.isOpen && this.fd >= 0 && this[parts.refs] === 1) this[parts.handle] = new parts.Native(behind.giveAway())
      return isNative(this, parts) ? listAsNode?.call(this) : []
    },
  })
  Object.defineProperty(prototype, transfer, {
    value(this: Handle) {
      if (isClosing(this)) throw new DOMException(IN_USE, 'DataCloneError')
      if (this.fd < 0) throw new DOMException(CLOSED, 'DataCloneError')
      if (!isNative(this, parts)) throw new DOMException(IN_USE, 'DataCloneError')
      return transferAsNode?.call(this)
    },
  })
}

function isNative(handle: Handle, parts: NodeHandleParts | undefined): boolean {
  return parts !== undefined && !(handle[parts.handle] instanceof Descriptor)
}

/** Its number is gone then, and its close has not ended. */
function isClosing(handle: Handle): boolean {
  const promise = Object.getOwnPropertySymbols(handle).find(({ description }) => description === 'kClosePromise')
  return promise !== undefined && handle[promise] instanceof Promise
}
