// ⑤ ring — what native/whole.h shares with TypeScript, in 32-bit words. test/abi.test.ts compares it with the C compiler's.

/** `number` of a pool submission whose first argument is the address of a request. */
export const WholeNumber = { READ_FILES: -2, WRITE_FILES: -3, LOOK_UP: -4, LIST_DIRECTORIES: -5, REMOVE_TREE: -6, COPY_TREE: -7, CHANGE_NAMES: -8, MOVE_BYTES: -9 } as const

/** ta_list, in words. */
export const ListHeader = { WORDS: 8, COUNT: 0, NEXT: 1, PATHS_AT: 2, DATA_AT: 3, LENGTH: 4, USED: 5, WAITS: 6, AT_ONCE: 7 } as const

/** ta_list_item, in words. */
export const ListItem = { WORDS: 8, RESULT: 0, FD: 1, STEP: 2, ARGUMENT: 3, MODE: 4, AT: 6, LENGTH: 7, BASE_AT: 8, COPIED_LOW: 10, COPIED_HIGH: 11 } as const

/** `ListItem.RESULT` of an item that was not begun, or had no effect. */
export const NOT_MADE = -0x80000000

/** `ListItem.STEP`: which step of an item failed. */
export const ItemStep = { OPEN: 0, TRANSFER: 1, CLOSE: 2 } as const

/** `ListItem.MODE` of a look-up. */
export const LookUpKind = { STAT: 0, ACCESS: 1, REAL_PATH: 2 } as const

/** `ListItem.ARGUMENT` of a name that is changed. */
export const NameChange = { WITH_PARENTS: 0, TEMPORARY: 1, MKDIR: 2, UNLINK: 3, RMDIR: 4, RENAME: 5 } as const

/** `ListItem.MODE` of a listing: what is asked, and what its answer says. */
export const ListingMode = { SORTED: 1, STATS: 2 } as const
export const Listed = { ENDED: 1, FOREIGN: 2, OTHERS: 4 } as const

/** Doubles that a look-up returns for a file: Node's Stats in its order, then the nanoseconds of its four times. */
export const STAT_NUMBERS = 18
/** Which of them is the mode; a negative errno, where a listing could not look at an entry. */
export const STAT_MODE = 1

/** ta_tree, in words; the paths stand behind it. */
export const TreeHeader = { BYTES: 48, FROM_AT: 0, TO_AT: 1, ENTRIES: 2, FLAGS: 3, STEP: 4, LIST_AT: 5, LIST_USED: 6, LENGTH: 7, BASE_AT: 8, COPIED_LOW: 10, COPIED_HIGH: 11 } as const

/** Flags of a copy: TA_COPY_…. */
export const CopyFlag = { VERBATIM: 1, SLASH: 2, CLONE: 4, RESUME: 8, PRESERVE: 16, PASS_SPECIAL: 32 } as const

/** Where a copy ended: TreeHeader.STEP. */
export const CopyStep = { DIRECTORY: 0, MKDIR: 1, FILE: 2, LINK: 3, SPECIAL: 4, CHMOD: 5 } as const
