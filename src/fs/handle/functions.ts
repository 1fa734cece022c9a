// ① interface — what trueaio/register loads for open files: both faces, by package.json's `#fs/handle`.
export * as callbacks from './callbacks.js'
export * as promises from './promises.js'
