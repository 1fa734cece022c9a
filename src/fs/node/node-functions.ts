// ① interface — Node's own functions, as they were when this was loaded: trueaio/register puts the drop-in in their place,
// and what the drop-in leaves to Node must not return to it.
import type * as fs from 'node:fs'
import type * as fsPromises from 'node:fs/promises'
import { nodeFs, sharedFs } from '../../driver/node/own-functions.js'

const promisesModule = process.getBuiltinModule('node:fs/promises')

/** The functions of node:fs. */
export { nodeFs }
/** The functions of node:fs/promises. */
export const node: Readonly<typeof fsPromises> = { ...promisesModule }
/** The module objects themselves, which every `require` and default import shares. */
export const shared: { readonly fs: typeof fs, readonly promises: typeof fsPromises } = { fs: sharedFs, promises: promisesModule }
/** What trueaio/register has put into node:fs, by name. What is found there instead is a patch that somebody has put on top. */
export const registered: Map<string, unknown> = new Map()
export { nodeStreamRead, readClassesFirst } from '../../driver/node/own-functions.js'

/** The major version of the running Node, for what differs between versions. */
export const NODE_MAJOR: number = Number(process.versions.node.split('.')[0])
