// ① interface — a path as transfers take it.

/** Text, or bytes when it is not UTF-8. */
export type PathBytes = string | Uint8Array
