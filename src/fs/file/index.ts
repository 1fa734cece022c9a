// ① interface — the door of `file/`: files read and written whole.
export { isUnawaitedPipe, openFile } from './open-waiting.js'
export { isOursToRead, readOpenFile, readWhole } from './read-file.js'
export { giveBackSlab, takeSlab, type Slab } from './slab.js'
export { isContent, writeContent } from './write-content.js'
