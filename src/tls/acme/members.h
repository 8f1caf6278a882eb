// SPDX-License-Identifier: Apache-2.0
//
// Which servers share a storage folder: each keeps a file in members/ young. Only times of files
// are compared, so that the file server's clock judges all alike. A folder that cannot be read has
// nobody in it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"

namespace trellis::tls::acme {

// The paths below a folder, as far as they can be read.
std::vector<std::filesystem::path> paths_in(const std::filesystem::path& folder);

class Members {
 public:
  explicit Members(std::filesystem::path folder);
  ~Members();
  Members(const Members&) = delete;
  Members& operator=(const Members&) = delete;

  Result<> open();
  void show_presence();  // every few seconds
  bool has_company();    // was another one here within half a minute?

 private:
  const std::filesystem::path folder_;
  const std::filesystem::path mine_;
};

}  // namespace trellis::tls::acme
