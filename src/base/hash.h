/* hash.h - 64-bit mixing for table keys and for path identities that must be equal on all ranks */
#ifndef PMP_HASH_H
#define PMP_HASH_H

#include <stddef.h>
#include <stdint.h>

/* pmp_mix - bijective finaliser (the constants of splitmix64): every input bit moves every output bit */
static inline uint64_t pmp_mix(uint64_t x)
{
	x ^= x >> 30;
	x *= UINT64_C(0xbf58476d1ce4e5b9);
	x ^= x >> 27;
	x *= UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

/* pmp_hash_combine - order-dependent: combine(combine(s, a), b) != combine(combine(s, b), a) */
static inline uint64_t pmp_hash_combine(uint64_t seed, uint64_t value)
{
	return pmp_mix(seed * UINT64_C(0x9e3779b97f4a7c15) + value + 1);
}

/* pmp_hash_bytes - the same on every rank of one byte order */
static inline uint64_t pmp_hash_bytes(uint64_t seed, const void *data, size_t len)
{
	const unsigned char *p = data;

	for (size_t i = 0; i < len; i++)
		seed = (seed ^ p[i]) * UINT64_C(0x100000001b3);
	return pmp_mix(seed + len);
}

#endif
