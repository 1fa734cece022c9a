// ① interface — what trueaio/register loads for names, attributes and directories: both faces, by package.json's `#fs/path`.
export * as callbacks from './callbacks.js'
export * as promises from './promises.js'
