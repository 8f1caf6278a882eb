// SPDX-License-Identifier: Apache-2.0
//
// A growing array in an arena: what it outgrew stays there until the arena is reset (at most as
// much again). Elements are trivially copyable. Private to the folder.
#pragma once

#include <cstring>
#include <type_traits>

#include "base/arena.h"

namespace trellis::cypher::functions {

template <class T>
struct ArenaArray {
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);
  T* data = nullptr;
  uint32_t size = 0;
  uint32_t capacity = 0;

  void reserve(Arena& arena, uint32_t wanted) {
    if (wanted <= capacity) return;
    uint32_t grown = capacity == 0 ? 4 : capacity * 2;
    if (grown < wanted) grown = wanted;
    T* moved = arena.alloc_array<T>(grown);
    if (size > 0) std::memcpy(static_cast<void*>(moved), data, size * sizeof(T));
    data = moved;
    capacity = grown;
  }
  void push(Arena& arena, const T& item) {
    reserve(arena, size + 1);
    new (&data[size++]) T(item);
  }
  // New elements are T().
  void grow(Arena& arena, uint32_t wanted) {
    if (wanted <= size) return;
    reserve(arena, wanted);
    while (size < wanted) new (&data[size++]) T();
  }
  T& operator[](size_t i) { return data[i]; }
  const T& operator[](size_t i) const { return data[i]; }
};

}  // namespace trellis::cypher::functions
