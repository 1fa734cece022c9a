// ① interface — what trueaio/register loads for directories and trees: both faces, by package.json's `#fs/tree`.
export * as callbacks from './callbacks.js'
export * as promises from './promises.js'
