// ① interface — the door of `forms/`: functions of the drop-in as users call them, with a promise or with a callback.
export { isReadForm, isWriteForm } from './callback-arguments.js'
export { callbackForm, callbackFormOf, type Taken } from './callback-form.js'
export { promiseForm, type Also, type Node } from './promise-form.js'
