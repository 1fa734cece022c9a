// ① interface — the door of `request/`: the drop-in's way to the engine, by one operation or by several in a row, with
// deadlines, aborts and the limit on open files.
export { abortWins, abortable } from './abort-wins.js'
export { closeAfter } from './close-after.js'
export { withDone, type DoneSoFar } from './done-so-far.js'
export { enter, left, standBack, setOpenFilesMax, withFile, type OpenFileJob } from './open-files.js'
export { Countdown, checkAborted, countdownOf, deadlineOf, nodeError, request, type Deadline, type PathBytes, requestFor } from './request.js'
export { RowJob, allDone, closeBehind, hasRows, isFailure, requestRowInTurn } from './row-request.js'
export { Turns } from './turns.js'
export { openedWithin, within } from './within.js'
export { Arena, DATA_AT } from './arena.js'
export { isListed, LISTED_PATH_MAX, PackedLists } from './packed-list.js'
export { Wish } from './wish.js'
