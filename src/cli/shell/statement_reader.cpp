// SPDX-License-Identifier: Apache-2.0
#include "cli/shell/statement_reader.h"

namespace trellis::cli::shell {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

std::string trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return std::string(text);
}

}  // namespace

std::optional<Piece> StatementReader::take_command() {
  size_t end = buffer_.find('\n');
  if (end == std::string::npos) return std::nullopt;
  Piece piece{true, trimmed(std::string_view(buffer_).substr(0, end))};
  buffer_.erase(0, end + 1);
  scanned_ = 0;
  while (!piece.text.empty() && piece.text.back() == ';') piece.text.pop_back();
  return piece;
}

std::optional<Piece> StatementReader::cut(size_t end) {
  std::optional<Piece> piece;
  if (meaningful_) piece = Piece{false, trimmed(std::string_view(buffer_).substr(0, end))};
  buffer_.erase(0, end + 1);
  scanned_ = 0;
  meaningful_ = false;
  return piece;
}

std::optional<Piece> StatementReader::next() {
  while (true) {
    if (!meaningful_ && state_ == State::kPlain) {
      size_t begin = scanned_;
      while (begin < buffer_.size() && is_blank(buffer_[begin])) ++begin;
      if (begin < buffer_.size() && buffer_[begin] == ':') {
        buffer_.erase(0, begin);
        return take_command();
      }
    }
    if (scanned_ >= buffer_.size()) return std::nullopt;
    const char c = buffer_[scanned_];
    const char after = scanned_ + 1 < buffer_.size() ? buffer_[scanned_ + 1] : '\0';
    switch (state_) {
      case State::kPlain:
        if (c == ';') {
          if (auto piece = cut(scanned_)) return piece;
          continue;
        }
        // Whether '/' begins a comment is known when the next character is.
        if (c == '/' && after == '\0') return std::nullopt;
        if (c == '/' && (after == '/' || after == '*')) {
          state_ = after == '/' ? State::kLineComment : State::kBlockComment;
          ++scanned_;
        } else if (c == '\'' || c == '"' || c == '`') {
          state_ = State::kQuoted;
          quote_ = c;
          meaningful_ = true;
        } else if (!is_blank(c)) {
          meaningful_ = true;
        }
        break;
      case State::kQuoted:
        if (c == '\\' && quote_ != '`') {
          if (after == '\0') return std::nullopt;
          ++scanned_;
        } else if (c == quote_) {
          state_ = State::kPlain;
        }
        break;
      case State::kLineComment:
        if (c == '\n') state_ = State::kPlain;
        break;
      case State::kBlockComment:
        if (c == '*' && after == '\0') return std::nullopt;
        if (c == '*' && after == '/') {
          state_ = State::kPlain;
          ++scanned_;
        }
        break;
    }
    ++scanned_;
  }
}

std::optional<Piece> StatementReader::rest() {
  feed("\n");
  if (auto piece = next()) return piece;
  auto piece = cut(buffer_.size());
  clear();
  return piece;
}

bool StatementReader::in_statement() const { return meaningful_ || state_ != State::kPlain; }

void StatementReader::clear() {
  buffer_.clear();
  scanned_ = 0;
  state_ = State::kPlain;
  meaningful_ = false;
}

}  // namespace trellis::cli::shell
