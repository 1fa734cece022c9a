// ① interface — the door of `node/`: Node's own functions and classes, as they were before anything took their place.
export { NODE_MAJOR, node, nodeFs, nodeStreamRead, registered, shared } from './node-functions.js'
export { statsConverter, statsOf, statsFrom } from './stats.js'
