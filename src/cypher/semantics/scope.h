// SPDX-License-Identifier: Apache-2.0
//
// The variables that can be seen at a place. Later ones shadow earlier ones of the same name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cypher/semantics/semantic_info.h"

namespace trellis::cypher {

class Scope {
 public:
  struct Entry {
    std::string name;
    SymbolId symbol;
  };

  // kNoSymbol: not defined.
  SymbolId find(std::string_view name) const {
    for (auto entry = entries_.rbegin(); entry != entries_.rend(); ++entry) {
      if (entry->name == name) return entry->symbol;
    }
    return kNoSymbol;
  }
  void add(std::string_view name, SymbolId symbol) {
    entries_.push_back({std::string(name), symbol});
  }
  // What `*` means: every visible name once, by name.
  std::vector<Entry> sorted() const;
  bool empty() const { return entries_.empty(); }
  const std::vector<Entry>& entries() const { return entries_; }

 private:
  std::vector<Entry> entries_;
};

}  // namespace trellis::cypher
