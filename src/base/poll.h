// SPDX-License-Identifier: Apache-2.0
//
// How long work is driven without a thread of its own (the shape of Rust's futures).
//
// A pollable operation is called again and again until it is ready. When it cannot go on it
// returns kBlocked and has kept the PollContext's waker, which it calls exactly once, from any
// thread, when calling again makes sense. When it could go on but its slice is over it returns
// kYielded: the caller calls again when it likes, on any thread. Calls to one operation never
// overlap.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

namespace trellis {

enum class Poll : uint8_t { kReady, kBlocked, kYielded };

// Called once, from any thread; must not call back into the operation that it wakes (it posts).
using Waker = std::function<void()>;

struct PollContext {
  using Clock = std::chrono::steady_clock;
  Waker waker;
  Clock::time_point yield_at = Clock::time_point::max();  // the end of the caller's slice
  bool slice_over() const { return yield_at != Clock::time_point::max() && Clock::now() >= yield_at; }
};

}  // namespace trellis
