// ① interface — streams of files, on the engine.
import type * as node from 'node:fs'
import * as handle from '../handle/callbacks.js'
import { functionsNow } from './stream-functions.js'
import { streamsOn } from './streams.js'

type Node = typeof node

const streams: Pick<Node, 'createReadStream' | 'createWriteStream'> = streamsOn(functionsNow(handle))
export const createReadStream: Node['createReadStream'] = streams.createReadStream
export const createWriteStream: Node['createWriteStream'] = streams.createWriteStream
