// SPDX-License-Identifier: Apache-2.0
//
// Names <-> ids in memory. Thread-safe.
//
// A token may be used by a transaction that did not make it, and that commits first or alone. So
// the catalog remembers how many tokens of each kind the log has; every frame carries the rest.
#pragma once

#include <array>
#include <deque>
#include <string>
#include <unordered_map>

#include "base/mutex.h"
#include "storage/storage.h"

namespace trellis::storage {

constexpr uint32_t kTokenKinds = 3;
using TokenCounts = std::array<uint32_t, kTokenKinds>;

class ResidentTokens final : public TokenCatalog {
 public:
  std::optional<uint32_t> find(TokenKind kind, std::string_view name) const override;
  std::string_view name(TokenKind kind, uint32_t id) const override;
  uint32_t size(TokenKind kind) const override;

  uint32_t make(TokenKind kind, std::string_view name);
  // Recovery: the token gets the id; false when the name or the id is taken by another.
  bool place(TokenKind kind, uint32_t id, std::string_view name);

  TokenCounts sizes() const;
  TokenCounts logged() const;
  void set_logged(const TokenCounts& counts);  // never goes back

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  struct Kind {
    std::deque<std::string> names;  // stable addresses
    std::unordered_map<std::string_view, uint32_t, Hash, std::equal_to<>> ids;
    uint32_t logged = 0;
  };

  mutable SharedMutex mutex_;
  std::array<Kind, kTokenKinds> kinds_ GUARDED_BY(mutex_);
};

}  // namespace trellis::storage
