// ① interface — the door of `stream/`: createReadStream and createWriteStream.
export { serveStreams } from './stream-functions.js'
