// ① interface — the door of `path/`: what a path says of a file, what its names are, and directories made.
export { lstatPath, statPath } from './attributes.js'
export { copyByReading, isOfKernel, mayLieAboutSize } from './copy-by-reading.js'
