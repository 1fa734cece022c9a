// ⑥ native — the descriptors that the engine keeps to itself in one environment, for those who open and close them.
#ifndef TRUEAIO_DESCRIPTORS_H
#define TRUEAIO_DESCRIPTORS_H
#include <node_api.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
  uint8_t* owned;  // a byte for each number: 1 while it is the engine's; shared with TypeScript and threads
  size_t length;
  uint32_t ended;  // atomic: the environment is gone, and what is noted now is closed at once
  uint32_t stuck;  // atomic: a thread that did not end in time may still note something
} ta_descriptors;

// NULL: nothing is kept account of, as in the main thread, whose end is the process's.
ta_descriptors* ta_descriptors_of(napi_env env);
// A number that was just opened. All of these take NULL for the table.
void ta_descriptors_note(ta_descriptors* table, int64_t fd);
// Before the close: only the caller that removes the note may close. False: there was no note.
bool ta_descriptors_take(ta_descriptors* table, int64_t fd);
// The result of a system call, if it opened something to be noted.
bool ta_descriptors_opens(int32_t number, const uint64_t* arguments);
#endif
