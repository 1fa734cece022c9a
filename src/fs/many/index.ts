// ① interface — the door of `many/`: many files in one call.
export { readFiles, statMany } from './many.js'
export type { FailedPath, Many, ManyOptions, ReadFilesOptions, ReadPath, StatManyOptions, StatPath } from './many.js'
export { readFilesSync, ReadFilesError, type ReadFilesSyncOptions } from './read-files-sync.js'
