// SPDX-License-Identifier: Apache-2.0
//
// Databases as folders below data/databases: where `dbms` gets its storage from.
#pragma once

#include <string>

#include "base/log.h"
#include "dbms/dbms.h"
#include "os/file_system.h"

namespace trellis::server {

class DataFolder final : public dbms::Stores {
 public:
  // `files` must outlive it and every database opened.
  DataFolder(os::FileSystem& files, std::string databases, uint64_t checkpoint_log_bytes,
             Logger log)
      : files_(files),
        databases_(std::move(databases)),
        checkpoint_log_bytes_(checkpoint_log_bytes),
        log_(std::move(log)) {}

  Result<std::unique_ptr<storage::Database>> open(std::string_view directory) override;
  Result<> remove(std::string_view directory) override;

 private:
  std::string path_of(std::string_view directory) const;

  os::FileSystem& files_;
  const std::string databases_;
  const uint64_t checkpoint_log_bytes_;
  const Logger log_;
};

}  // namespace trellis::server
