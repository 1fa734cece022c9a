// ① interface — the door of `arguments/`: which arguments the drop-in takes to the engine, and in which form.
export { ENGINE_HANDLE, engineHandle } from './engine-handle.js'
export { futimesOf, utimesOf } from './file-times.js'
export { hasNoneOf, modeBits, openFlags, optionsObject, ownerId, plainPath, signalIsFine, takesDescriptor, textEncoding, unixSeconds, type TextEncoding } from './recognise.js'
export { Range, areViews, fatalLength, positionOf, recogniseRead, recogniseText, recogniseWrite } from './transfer-arguments.js'
