// ① interface — what trueaio/register loads for streams, by package.json's `#fs/stream`.
export * as callbacks from './callbacks.js'
