// ⑥ native — carries out a program on a thread of the pool: one call after the other, each result deciding which is next.
#include "program.h"
#include "pool_threads.h"
#include <errno.h>

static uint64_t argument_of(const ta_program* program, const ta_program_step* step, int index) {
  uint64_t base = step->arguments[index];
  int kind = step->kinds[index];
  int16_t source = step->sources[index];
  if ((kind & ~TA_FROM_NEGATED) == TA_FROM_NOTHING || source < 0 || (uint32_t)source >= program->count) return base;
  const ta_program_step* other = &program->steps[source];
  uint64_t value = (uint64_t)((kind & TA_FROM_TOTAL) != 0 ? other->total : other->result);
  return (kind & TA_FROM_NEGATED) != 0 ? base - value : base + value;
}

int64_t ta_program_run(pool_worker* worker, ta_program* program) {
  int32_t at = 0;
  for (;;) {
    if (program->made >= program->steps_max) {
      program->ended = TA_PROGRAM_BOUND;
      break;
    }
    ta_program_step* step = &program->steps[at];
    uint64_t arguments[6];
    for (int index = 0; index < 6; index++) arguments[index] = argument_of(program, step, index);
    int64_t result;
    if (!ta_pool_make_call(worker, step->number, arguments, &result)) {
      program->ended = TA_PROGRAM_CANCELLED;
      break;
    }
    step->result = result;
    step->runs++;
    if (result > 0) step->total += result;
    program->made++;
    program->last = at;
    int64_t counts = result >= 0 && step->compared > 0 ? result - (int64_t)arguments[step->compared] : result;
    at = counts < 0 ? step->on_negative : counts == 0 ? step->on_zero : step->on_positive;
    // A step that was interrupted because the program's end is wanted decides nothing: the end was not its own.
    if (result == -EINTR && ta_pool_is_cancelled(worker)) {
      program->ended = TA_PROGRAM_CANCELLED;
      break;
    }
    if (at < 0 || (uint32_t)at >= program->count) {
      program->ended = TA_PROGRAM_ENDED;
      break;
    }
  }
  return program->made == 0 ? -ECANCELED : (int64_t)program->made;
}
