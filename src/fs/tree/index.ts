// ① interface — the door of `tree/`: directories listed, and whole trees copied, removed and scanned.
export { scan, ScanEntry, type ScanOptions, type ScanType } from './scan.js'
export { hasTrees, TreeRequest } from './tree-request.js'
