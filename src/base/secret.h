// SPDX-License-Identifier: Apache-2.0
//
// Bytes that must not outlive their use: passwords, keys, stored credentials, tokens.
//
// A Secret wipes its memory when it is destroyed or assigned, compares in constant time, cannot be
// printed, and is copied only by name.
#pragma once

#include <string>
#include <string_view>

namespace trellis {

// Overwrites in a way that no optimiser removes.
void wipe(void* bytes, size_t size);
// Takes the same time wherever the difference is; false at once when the sizes differ.
bool equal_in_constant_time(std::string_view a, std::string_view b);

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string_view bytes) : bytes_(bytes) {}
  // Takes the bytes over and wipes what the caller still holds.
  static Secret take(std::string& bytes);
  ~Secret() { clear(); }

  Secret(Secret&& other) noexcept : bytes_(other.bytes_) { other.clear(); }
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  Secret clone() const { return Secret(bytes_); }

  std::string_view reveal() const { return bytes_; }
  bool empty() const { return bytes_.empty(); }
  size_t size() const { return bytes_.size(); }
  void clear();
  friend bool operator==(const Secret& a, const Secret& b) {
    return equal_in_constant_time(a.bytes_, b.bytes_);
  }

 private:
  std::string bytes_;
};

}  // namespace trellis
