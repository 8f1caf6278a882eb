// SPDX-License-Identifier: Apache-2.0
//
// Cuts what is typed, or a script, into statements and shell commands.
//
// A statement ends with ';' outside of quotes ('...', "...", `...`) and comments (//, /* */). A
// line that begins with ':' where a statement could begin is a command, up to the line's end.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace trellis::cli::shell {

struct Piece {
  bool command = false;  // text begins with ':'
  std::string text;      // without the ';' that ended it
};

class StatementReader {
 public:
  void feed(std::string_view text) { buffer_ += text; }
  // The next whole piece; pieces without anything but blanks and comments are left out.
  std::optional<Piece> next();
  // What is left when the input ends: an unfinished statement counts.
  std::optional<Piece> rest();
  // Something of a statement is there, and it has not ended.
  bool in_statement() const;
  void clear();

 private:
  enum class State : uint8_t { kPlain, kQuoted, kLineComment, kBlockComment };
  std::optional<Piece> take_command();
  std::optional<Piece> cut(size_t end);

  std::string buffer_;
  size_t scanned_ = 0;
  State state_ = State::kPlain;
  char quote_ = 0;
  bool meaningful_ = false;  // more than blanks and comments
};

}  // namespace trellis::cli::shell
