// ① interface — how an event of a trace is laid out: eight numbers. Read by commands that load no engine.

export const FIELDS = 8
export const Field = { START: 0, DURATION: 1, NAME: 2, RESULT: 3, PATH: 4, OFFSET: 5, LENGTH: 6, SITE: 7 } as const
