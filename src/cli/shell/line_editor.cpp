// SPDX-License-Identifier: Apache-2.0
#include "cli/shell/line_editor.h"

#include <histedit.h>
#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <cstdio>

namespace trellis::cli::shell {

struct LineEditor::State {
  EditLine* editor = nullptr;
  History* history = nullptr;
  HistEvent event{};
  std::string file;
  std::string prompt;
  bool abandoned = false;
};

namespace {

char* prompt_of(EditLine* editor) {
  void* data = nullptr;
  ::el_get(editor, EL_CLIENTDATA, &data);
  return static_cast<LineEditor::State*>(data)->prompt.data();
}

unsigned char abandon(EditLine* editor, int) {
  void* data = nullptr;
  ::el_get(editor, EL_CLIENTDATA, &data);
  static_cast<LineEditor::State*>(data)->abandoned = true;
  return CC_EOF;
}

}  // namespace

bool mentions_password(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower.find("password") != std::string::npos;
}

LineEditor::LineEditor(std::string history_file) : state_(std::make_unique<State>()) {
  State& s = *state_;
  s.file = std::move(history_file);
  s.history = ::history_init();
  ::history(s.history, &s.event, H_SETSIZE, 1000);
  ::history(s.history, &s.event, H_SETUNIQUE, 1);
  if (!s.file.empty()) ::history(s.history, &s.event, H_LOAD, s.file.c_str());
  s.editor = ::el_init("trellis", stdin, stdout, stderr);
  ::el_set(s.editor, EL_CLIENTDATA, &s);
  ::el_set(s.editor, EL_PROMPT, &prompt_of);
  ::el_set(s.editor, EL_EDITOR, "emacs");
  ::el_set(s.editor, EL_HIST, ::history, s.history);
  ::el_set(s.editor, EL_ADDFN, "abandon-line", "Abandon the line", &abandon);
  ::el_set(s.editor, EL_BIND, "^C", "abandon-line", nullptr);
  ::el_set(s.editor, EL_BIND, "^R", "em-inc-search-prev", nullptr);
  // While a line is edited Control-C is a key; else it is a signal.
  ::el_set(s.editor, EL_SETTY, "-d", "-isig", nullptr);
  ::el_source(s.editor, nullptr);
}

LineEditor::~LineEditor() {
  ::el_end(state_->editor);
  ::history_end(state_->history);
}

Input LineEditor::read(const std::string& prompt, std::string& line) {
  State& s = *state_;
  s.prompt = prompt;
  s.abandoned = false;
  int count = 0;
  const char* text = ::el_gets(s.editor, &count);
  if (s.abandoned) {
    ::el_reset(s.editor);
    std::fputs("\n", stdout);
    return Input::kAbandoned;
  }
  if (text == nullptr || count <= 0) return Input::kEnd;
  line.assign(text, static_cast<size_t>(count));
  if (line.back() != '\n') line += '\n';
  return Input::kLine;
}

void LineEditor::remember(const std::string& text) {
  State& s = *state_;
  if (text.empty() || mentions_password(text)) return;
  // One entry, one line: a statement of several comes back in one piece.
  std::string entry = text;
  std::replace(entry.begin(), entry.end(), '\n', ' ');
  ::history(s.history, &s.event, H_ENTER, entry.c_str());
  if (s.file.empty()) return;
  ::history(s.history, &s.event, H_SAVE, s.file.c_str());
  ::chmod(s.file.c_str(), 0600);
}

std::vector<std::string> LineEditor::history() const {
  State& s = *state_;
  std::vector<std::string> lines;
  for (int rc = ::history(s.history, &s.event, H_LAST); rc >= 0;
       rc = ::history(s.history, &s.event, H_PREV)) {
    std::string line = s.event.str;
    while (!line.empty() && line.back() == '\n') line.pop_back();
    lines.push_back(std::move(line));
  }
  return lines;
}

void LineEditor::clear_history() {
  State& s = *state_;
  ::history(s.history, &s.event, H_CLEAR);
  if (!s.file.empty()) ::history(s.history, &s.event, H_SAVE, s.file.c_str());
}

}  // namespace trellis::cli::shell
