// ⑤ ring — what native/whole.h shares with TypeScript, in 32-bit words. test/abi.test.ts compares it with the C compiler's.

/** `number` of a pool submission whose first argument is the address of a request. */
export const WholeNumber = { READ_FILES: -2, WRITE_FILES: -3, LOOK_UP: -4 } as const

/** ta_list, in words. */
export const ListHeader = { WORDS: 8, COUNT: 0, NEXT: 1, PATHS_AT: 2, DATA_AT: 3, LENGTH: 4, USED: 5, WAITS: 6 } as const

/** ta_list_item, in words. */
export const ListItem = { WORDS: 8, RESULT: 0, FD: 1, STEP: 2, ARGUMENT: 3, MODE: 4, AT: 6, LENGTH: 7 } as const

/** `ListItem.RESULT` of an item that was not begun, or had no effect. */
export const NOT_MADE = -0x80000000

/** `ListItem.STEP`: which step of an item failed. */
export const ItemStep = { OPEN: 0, TRANSFER: 1, CLOSE: 2 } as const

/** `ListItem.MODE` of a look-up. */
export const LookUpKind = { STAT: 0, ACCESS: 1 } as const

/** Doubles that a look-up tells of a file: Node's Stats in its order, then the nanoseconds of its four times. */
export const STAT_NUMBERS = 18
