// SPDX-License-Identifier: Apache-2.0
//
// What the machine allows this process.
#pragma once

#include <cstdint>

namespace trellis::os {

struct FileLimit {
  uint64_t before = 0;
  uint64_t now = 0;
  uint64_t hard = 0;
};
// Raises the soft limit of open files to the hard one.
FileLimit raise_open_file_limit();

// No core file of this process shall carry keys and passwords.
void forbid_core_dumps();

// Bytes of memory that this process may use: the machine's, or its control group's when smaller.
uint64_t memory_size();
// Processors that this process may run on.
unsigned processor_count();

}  // namespace trellis::os
