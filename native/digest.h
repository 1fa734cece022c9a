// ⑥ native — message digests by the OpenSSL that Node itself brings: the addon links with none (digest.c).
#ifndef TRUEAIO_DIGEST_H
#define TRUEAIO_DIGEST_H
#include <stdbool.h>
#include <stddef.h>

typedef struct ta_digest ta_digest;

// One thread at a time. False: it has failed, and what comes out is no digest.
bool ta_digest_update(ta_digest* digest, const void* bytes, size_t length);
#endif
