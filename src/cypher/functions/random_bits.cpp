// SPDX-License-Identifier: Apache-2.0
//
// xoshiro256** 1.0 (Blackman and Vigna, 2018, public domain), seeded through splitmix64.
#include <bit>
#include <span>

#include "cypher/functions/function.h"
#include "os/random.h"

namespace trellis::cypher {

RandomBits::RandomBits(uint64_t seed) {
  for (uint64_t& word : state_) {
    seed += 0x9E3779B97F4A7C15ULL;
    uint64_t z = seed;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    word = z ^ (z >> 31);
  }
}

// The kernel is asked when the first number is wanted: most statements want none. A state of zeros,
// which the generator never reaches, says that it was not asked yet.
RandomBits RandomBits::from_system() {
  RandomBits bits(0);
  for (uint64_t& word : bits.state_) word = 0;
  return bits;
}

uint64_t RandomBits::next() {
  if ((state_[0] | state_[1] | state_[2] | state_[3]) == 0) {
    os::SecureRandom().fill(std::as_writable_bytes(std::span(state_)));
  }
  const uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  const uint64_t shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

}  // namespace trellis::cypher
