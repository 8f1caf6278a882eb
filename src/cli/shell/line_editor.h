// SPDX-License-Identifier: Apache-2.0
//
// A line at a time from a terminal, with editing and history (libedit).
//
// Control-C while editing abandons the line. Lines with passwords are not kept in the history.
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace trellis::cli::shell {

enum class Input : uint8_t { kLine, kAbandoned, kEnd };

class LineEditor {
 public:
  // An empty file name: the history lives in memory alone.
  explicit LineEditor(std::string history_file);
  ~LineEditor();
  LineEditor(const LineEditor&) = delete;
  LineEditor& operator=(const LineEditor&) = delete;

  // The line has its '\n'.
  Input read(const std::string& prompt, std::string& line);
  void remember(const std::string& text);
  std::vector<std::string> history() const;  // oldest first
  void clear_history();

  struct State;

 private:
  std::unique_ptr<State> state_;
};

// Whether a text should stay out of the history.
bool mentions_password(std::string_view text);

}  // namespace trellis::cli::shell
