// SPDX-License-Identifier: Apache-2.0
#include "storage/token_catalog.h"

#include <algorithm>

namespace trellis::storage {

std::optional<uint32_t> ResidentTokens::find(TokenKind kind, std::string_view name) const {
  ReaderLock lock(mutex_);
  const Kind& k = kinds_[static_cast<size_t>(kind)];
  const auto found = k.ids.find(name);
  if (found == k.ids.end()) return std::nullopt;
  return found->second;
}

std::string_view ResidentTokens::name(TokenKind kind, uint32_t id) const {
  ReaderLock lock(mutex_);
  const Kind& k = kinds_[static_cast<size_t>(kind)];
  TRELLIS_ASSERT(id < k.names.size());
  return k.names[id];
}

uint32_t ResidentTokens::size(TokenKind kind) const {
  ReaderLock lock(mutex_);
  return static_cast<uint32_t>(kinds_[static_cast<size_t>(kind)].names.size());
}

uint32_t ResidentTokens::make(TokenKind kind, std::string_view name) {
  if (const auto found = find(kind, name)) return *found;
  WriterLock lock(mutex_);
  Kind& k = kinds_[static_cast<size_t>(kind)];
  if (const auto found = k.ids.find(name); found != k.ids.end()) return found->second;
  const auto id = static_cast<uint32_t>(k.names.size());
  k.ids.emplace(k.names.emplace_back(name), id);
  return id;
}

bool ResidentTokens::place(TokenKind kind, uint32_t id, std::string_view name) {
  WriterLock lock(mutex_);
  Kind& k = kinds_[static_cast<size_t>(kind)];
  if (id < k.names.size()) return k.names[id] == name;
  if (id != k.names.size() || k.ids.contains(name)) return false;
  k.ids.emplace(k.names.emplace_back(name), id);
  return true;
}

TokenCounts ResidentTokens::sizes() const {
  ReaderLock lock(mutex_);
  TokenCounts counts;
  for (size_t i = 0; i < kTokenKinds; ++i) {
    counts[i] = static_cast<uint32_t>(kinds_[i].names.size());
  }
  return counts;
}

TokenCounts ResidentTokens::logged() const {
  ReaderLock lock(mutex_);
  TokenCounts counts;
  for (size_t i = 0; i < kTokenKinds; ++i) counts[i] = kinds_[i].logged;
  return counts;
}

void ResidentTokens::set_logged(const TokenCounts& counts) {
  WriterLock lock(mutex_);
  for (size_t i = 0; i < kTokenKinds; ++i) {
    kinds_[i].logged = std::max(kinds_[i].logged, counts[i]);
  }
}

}  // namespace trellis::storage
