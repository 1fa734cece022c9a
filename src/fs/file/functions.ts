// ① interface — what trueaio/register loads for whole files: both faces, by package.json's `#fs/file`.
export * as callbacks from './callbacks.js'
export * as promises from './promises.js'
