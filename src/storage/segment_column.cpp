// SPDX-License-Identifier: Apache-2.0
#include "storage/segment_column.h"

namespace trellis::storage {
namespace {

bool fits(value::Type type) {
  return type == value::Type::kInteger || type == value::Type::kFloat ||
         type == value::Type::kBoolean || type == value::Type::kDate;
}

uint64_t bits_of(const value::Value& v) {
  switch (v.type()) {
    case value::Type::kInteger:
      return static_cast<uint64_t>(v.as_integer());
    case value::Type::kFloat:
      return std::bit_cast<uint64_t>(v.as_float());
    case value::Type::kBoolean:
      return v.as_boolean() ? 1 : 0;
    default:
      return static_cast<uint64_t>(v.as_date().days);
  }
}

}  // namespace

std::unique_ptr<SegmentColumn> make_column(const std::array<Version*, kSegmentRows>& heads,
                                           KeyId key) {
  constexpr size_t kPrefetchAhead = 12;
  auto column = std::make_unique<SegmentColumn>();
  column->key = key;
  for (size_t i = 0; i < kSegmentRows; ++i) {
    if (i + kPrefetchAhead < kSegmentRows) __builtin_prefetch(heads[i + kPrefetchAhead]);
    const value::Value* v = heads[i] ? heads[i]->find(key) : nullptr;
    if (!v) continue;
    if (!column->payload) {
      column->type = v->type();
      column->payload = std::make_unique<std::array<uint64_t, kSegmentRows>>();
    }
    if (v->type() != column->type || !fits(v->type())) {
      column->type = value::Type::kNull;
      column->payload.reset();
      return column;
    }
    (*column->payload)[i] = bits_of(*v);
    column->present.set(i);
  }
  return column;
}

}  // namespace trellis::storage
