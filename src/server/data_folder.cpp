// SPDX-License-Identifier: Apache-2.0
#include "server/data_folder.h"

#include "storage/resident_database.h"

namespace trellis::server {

std::string DataFolder::path_of(std::string_view directory) const {
  return databases_ + "/" + std::string(directory);
}

Result<std::unique_ptr<storage::Database>> DataFolder::open(std::string_view directory) {
  const std::string path = path_of(directory);
  TRELLIS_TRY(files_.make_directory(path));
  storage::ResidentOptions options;
  if (checkpoint_log_bytes_ > 0) options.checkpoint_log_bytes = checkpoint_log_bytes_;
  options.log = log_;
  return storage::open_resident(files_, path, options);
}

Result<> DataFolder::remove(std::string_view directory) {
  TRELLIS_TRY(files_.remove_tree(path_of(directory)));
  return files_.sync_directory(databases_);
}

}  // namespace trellis::server
