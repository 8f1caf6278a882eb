// SPDX-License-Identifier: Apache-2.0
#include "cypher/functions/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

namespace trellis::cypher {

struct RegexCache::Compiled {
  struct FreeCode {
    void operator()(pcre2_code* c) const { pcre2_code_free(c); }
  };
  struct FreeData {
    void operator()(pcre2_match_data* d) const { pcre2_match_data_free(d); }
  };
  std::unique_ptr<pcre2_code, FreeCode> code;
  std::unique_ptr<pcre2_match_data, FreeData> data;
  uint32_t uses = 0;
};

namespace {

std::string message_of(int error) {
  PCRE2_UCHAR buffer[256] = {};
  pcre2_get_error_message(error, buffer, sizeof buffer);
  return reinterpret_cast<const char*>(buffer);
}

struct FreeCompileContext {
  void operator()(pcre2_compile_context* context) const { pcre2_compile_context_free(context); }
};

}  // namespace

RegexCache::RegexCache() = default;
RegexCache::~RegexCache() = default;

Result<RegexCache::Compiled*> RegexCache::find_or_compile(std::string_view pattern) {
  if (const auto it = patterns_.find(pattern); it != patterns_.end()) return it->second.get();
  const std::unique_ptr<pcre2_compile_context, FreeCompileContext> context(
      pcre2_compile_context_create(nullptr));
  pcre2_set_newline(context.get(), PCRE2_NEWLINE_ANY);  // Java's line terminators
  int error = 0;
  PCRE2_SIZE offset = 0;
  auto compiled = std::make_unique<Compiled>();
  compiled->code.reset(pcre2_compile(
      reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(),
      PCRE2_UTF | PCRE2_NO_UTF_CHECK | PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_DOLLAR_ENDONLY,
      &error, &offset, context.get()));
  if (!compiled->code) {
    return fail(ErrorCode::InvalidRegex, "The regular expression '{}' is invalid at {}: {}.",
                pattern, offset, message_of(error));
  }
  compiled->data.reset(pcre2_match_data_create_from_pattern(compiled->code.get(), nullptr));
  if (patterns_.size() >= kCapacity) patterns_.clear();
  return patterns_.emplace(std::string(pattern), std::move(compiled)).first->second.get();
}

Result<bool> RegexCache::matches(std::string_view text, std::string_view pattern) {
  if (text.data() == nullptr) text = "";  // PCRE2 takes no null pointers
  if (pattern.data() == nullptr) pattern = "";
  TRELLIS_TRY_ASSIGN(Compiled * compiled, find_or_compile(pattern));
  // Machine code pays off for patterns that come again; where it cannot be made, matching goes on
  // without it.
  constexpr uint32_t kUsesBeforeMachineCode = 32;
  if (++compiled->uses == kUsesBeforeMachineCode) {
    pcre2_jit_compile(compiled->code.get(), PCRE2_JIT_COMPLETE);
  }
  const auto match = [&](uint32_t options) {
    return pcre2_match(compiled->code.get(), reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(),
                       0, PCRE2_NO_UTF_CHECK | options, compiled->data.get(), nullptr);
  };
  int result = match(0);
  if (result == PCRE2_ERROR_JIT_STACKLIMIT) result = match(PCRE2_NO_JIT);
  if (result >= 0) return true;
  if (result == PCRE2_ERROR_NOMATCH) return false;
  return fail(ErrorCode::ResourceExhausted,
              "Matching the regular expression '{}' was given up: {}. Simplify it.", pattern,
              message_of(result));
}

}  // namespace trellis::cypher
