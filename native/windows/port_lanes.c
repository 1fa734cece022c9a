// ⑥ native — Windows: the records that wait for a thread of a lane, in order of submission, and how many threads they are for. All of it is under the port's lock.
#include "port.h"
#include <stdlib.h>
#include <string.h>

#define CHUNK TA_CHUNK
#define NONE TA_NONE

port_slot* ta_port_slot(ta_port* p, int32_t index) {
  return index / CHUNK < p->chunks_length && p->chunks[index / CHUNK] != NULL ? &p->chunks[index / CHUNK][index % CHUNK] : NULL;
}

static port_slot* slot_at(ta_port* p, int32_t index) { return &p->chunks[index / CHUNK][index % CHUNK]; }

static bool make_room(ta_port* p, int32_t index) {
  int32_t chunk = index / CHUNK;
  if (chunk >= p->chunks_length) {
    port_slot** chunks = realloc(p->chunks, (size_t)(chunk + 1) * sizeof *chunks);
    if (chunks == NULL) return false;
    memset(chunks + p->chunks_length, 0, (size_t)(chunk + 1 - p->chunks_length) * sizeof *chunks);
    p->chunks = chunks;
    p->chunks_length = chunk + 1;
  }
  if (p->chunks[chunk] == NULL) p->chunks[chunk] = calloc(CHUNK, sizeof(port_slot));
  return p->chunks[chunk] != NULL;
}

static void count(port_lane* lane, const port_slot* slot, int32_t more) {
  lane->waiting += more;
  if (ta_port_is_quick(&slot->record)) lane->quick += more;
}

static port_slot* take_first(ta_port* p, port_lane* lane, HANDLE thread) {
  port_slot* slot = slot_at(p, lane->first);
  lane->first = slot->next;
  if (lane->first == NONE) lane->last = NONE;
  count(lane, slot, -1);
  slot->state = SLOT_RUNNING;
  slot->thread = thread;
  return slot;
}

int32_t ta_lane_take(ta_port* p, port_lane* lane, HANDLE thread, port_slot** taken) {
  if (lane->first == NONE || p->stopping) return 0;
  int32_t most = lane->apart > 0 ? 1 : TA_TOGETHER_MAX, length = 1;
  taken[0] = take_first(p, lane, thread);
  if (!ta_port_is_quick(&taken[0]->record)) return 1;
  if (lane->apart > 0) lane->apart--;
  while (length < most && lane->first != NONE && ta_port_is_quick(&slot_at(p, lane->first)->record)) taken[length++] = take_first(p, lane, thread);
  return length;
}

// How many threads what waits is for.
int32_t ta_lane_wanted(const port_lane* lane) {
  int32_t most = lane->apart > 0 ? 1 : TA_TOGETHER_MAX;
  return lane->waiting - lane->quick + (lane->quick + most - 1) / most;
}

void ta_lane_give_back(port_lane* lane, port_slot** slots, int32_t length) {
  for (int32_t index = length - 1; index >= 0; index--) {
    port_slot* slot = slots[index];
    slot->state = SLOT_QUEUED;
    slot->thread = NULL;
    slot->next = lane->first;
    lane->first = slot->record.slot;
    if (lane->last == NONE) lane->last = slot->record.slot;
    count(lane, slot, 1);
  }
  if (ta_lane_wanted(lane) > 0) WakeAllConditionVariable(&lane->work);
}

port_slot* ta_port_prepare(ta_port* p, const ta_pool_submission* record) {
  if (!make_room(p, record->slot)) return NULL;
  port_slot* slot = slot_at(p, record->slot);
  slot->record = *record;
  slot->stopped = slot->refused = false;
  slot->again = NULL;
  slot->extra = NULL;
  return slot;
}

void ta_lane_add(ta_port* p, port_slot* slot) {
  int32_t index = slot->record.slot;
  port_lane* lane = &p->lanes[slot->record.lane];
  slot->state = SLOT_QUEUED;
  slot->next = NONE;
  if (lane->last == NONE) lane->first = index;
  else slot_at(p, lane->last)->next = index;
  lane->last = index;
  count(lane, slot, 1);
}

void ta_lane_remove(ta_port* p, const port_slot* slot) {
  int32_t index = slot->record.slot;
  port_lane* lane = &p->lanes[slot->record.lane];
  int32_t before = NONE;
  for (int32_t at = lane->first; at != index; at = slot_at(p, at)->next) before = at;
  if (before == NONE) lane->first = slot->next;
  else slot_at(p, before)->next = slot->next;
  if (lane->last == index) lane->last = before;
  count(lane, slot, -1);
}
