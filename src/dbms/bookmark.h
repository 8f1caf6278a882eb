// SPDX-License-Identifier: Apache-2.0
//
// Bookmarks: what a client carries from one transaction to the next so that it reads what it wrote.
// Opaque to clients; text form
//   TB:<part>[,<part>...]        L<database uuid>:<commit index>, or R<alias in hex>:<bookmark in
//   hex>
// A transaction gives one bookmark with one part for each graph that it touched.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace trellis::dbms {

struct LocalBookmark {
  std::string database_uuid;
  uint64_t commit_index = 0;
};
struct RemoteBookmark {
  std::string alias;
  std::string bookmark;
};
struct BookmarkSet {
  std::vector<LocalBookmark> local;
  std::vector<RemoteBookmark> remote;
};

std::string print_bookmark(const BookmarkSet& bookmark);
// InvalidBookmark for whatever print_bookmark cannot have made.
Result<BookmarkSet> parse_bookmarks(std::span<const std::string> texts);

}  // namespace trellis::dbms
