// ① interface — streams of files, on the engine.
import * as handle from '../handle/callbacks.js'
import { functionsNow } from './stream-functions.js'
import { streamsOn } from './streams.js'
import type { Callbacks } from '../types/index.js'

const streams: Pick<Callbacks, 'createReadStream' | 'createWriteStream'> = streamsOn(functionsNow(handle))
export const createReadStream: Callbacks['createReadStream'] = streams.createReadStream
export const createWriteStream: Callbacks['createWriteStream'] = streams.createWriteStream
