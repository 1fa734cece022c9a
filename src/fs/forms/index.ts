// ① interface — the door of `forms/`: functions of the drop-in as users call them, with a promise or with a callback.
export { isReadForm, isWriteForm } from './callback-arguments.js'
export { callbackForm, callbackFormOf, type Taken } from './callback-form.js'
export { inTime, promiseForm } from './promise-form.js'
