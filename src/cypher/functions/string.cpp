// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>
#include <vector>

#include "base/memory_limit.h"
#include "cypher/functions/table.h"
#include "value/compare.h"
#include "value/unicode.h"

namespace trellis::cypher::functions {
namespace {

using value::Type;
using value::Value;
using Arguments = std::span<const Value>;

// The string at args[i], or the error of a wrong type.
Result<std::string_view> text_at(std::string_view function, Arguments args, size_t i) {
  if (!args[i].is(Type::kString)) return wrong_argument(function, "a STRING", args[i]);
  return args[i].as_string();
}

Result<size_t> count_at(std::string_view function, Arguments args, size_t i) {
  if (!args[i].is(Type::kInteger)) return wrong_argument(function, "an INTEGER", args[i]);
  if (args[i].as_integer() < 0) {
    return fail(ErrorCode::NumberOutOfRange, "{}() takes no negative position or length ({}).",
                function, args[i].as_integer());
  }
  return static_cast<size_t>(args[i].as_integer());
}

template <value::TrimEnds kEnds>
Result<Value> trim(const FunctionContext&, Arguments args) {
  TRELLIS_TRY_ASSIGN(const std::string_view text, text_at("trim", args, 0));
  if (args.size() == 1) return Value::string(value::trim(text, kEnds));
  TRELLIS_TRY_ASSIGN(const std::string_view set, text_at("trim", args, 1));
  return Value::string(value::trim(text, kEnds, set));
}

Result<Value> to_upper(const FunctionContext& context, Arguments args) {
  TRELLIS_TRY_ASSIGN(const std::string_view text, text_at("toUpper", args, 0));
  return Value::string(value::to_upper(context.arena, text));
}

Result<Value> to_lower(const FunctionContext& context, Arguments args) {
  TRELLIS_TRY_ASSIGN(const std::string_view text, text_at("toLower", args, 0));
  return Value::string(value::to_lower(context.arena, text));
}

Result<Value> left(const FunctionContext&, Arguments args) {
  if (args[0].is_null()) return Value();
  TRELLIS_TRY_ASSIGN(const std::string_view text, text_at("left", args, 0));
  TRELLIS_TRY_ASSIGN(const size_t length, count_at("left", args, 1));
  return Value::string(value::substring(text, 0, length));
}

Result<Value> right(const FunctionContext&, Arguments args) {
  if (args[0].is_null()) return Value();
  TRELLIS_TRY_ASSIGN(const std::string_view text, text_at("right", args, 0));
  TRELLIS_TRY_ASSIGN(const size_t length, count_at("right", args, 1));
  const size_t size = value::code_points(text);
  return Value::string(value::substring(text, size > length ? size - length : 0, size));
}

Result<Value> substring(const FunctionContext&, Arguments args) {
  TRELLIS_TRY_ASSIGN(const std::string_view text, text_at("substring", args, 0));
  TRELLIS_TRY_ASSIGN(const size_t start, count_at("substring", args, 1));
  size_t length = text.size();
  if (args.size() > 2) {
    TRELLIS_TRY_ASSIGN(length, count_at("substring", args, 2));
  }
  return Value::string(value::substring(text, start, length));
}

Result<Value> replace(const FunctionContext& context, Arguments args) {
  TRELLIS_TRY_ASSIGN(const std::string_view text, text_at("replace", args, 0));
  TRELLIS_TRY_ASSIGN(const std::string_view search, text_at("replace", args, 1));
  TRELLIS_TRY_ASSIGN(const std::string_view by, text_at("replace", args, 2));
  std::string out;
  if (search.empty()) {  // before every code point, and at the end
    std::string_view rest = text;
    while (!rest.empty()) {
      const size_t n = value::byte_offset(rest, 1);
      out.append(by).append(rest.substr(0, n));
      TRELLIS_TRY(ask_for(context.arena, out.size()));
      rest.remove_prefix(n);
    }
    out.append(by);
    return value::make_string(context.arena, out);
  }
  size_t from = 0;
  for (size_t at = text.find(search); at != std::string_view::npos; at = text.find(search, from)) {
    out.append(text.substr(from, at - from)).append(by);
    TRELLIS_TRY(ask_for(context.arena, out.size()));
    from = at + search.size();
  }
  if (from == 0) return args[0];
  return value::make_string(context.arena, out.append(text.substr(from)));
}

Value split_by(Arena& arena, std::string_view text, std::span<const std::string_view> delimiters) {
  std::vector<Value> parts;
  size_t from = 0;
  size_t at = 0;
  while (at < text.size()) {
    size_t matched = 0;
    bool found = false;
    for (const std::string_view delimiter : delimiters) {
      if (delimiter.empty() || !text.substr(at).starts_with(delimiter)) continue;
      matched = delimiter.size();
      found = true;
      break;
    }
    if (!found) {
      ++at;
      continue;
    }
    parts.push_back(Value::string(text.substr(from, at - from)));
    at += matched;
    from = at;
  }
  parts.push_back(Value::string(text.substr(from)));
  return value::make_list(arena, parts);
}

Value split_characters(Arena& arena, std::string_view text) {
  std::vector<Value> parts;
  while (!text.empty()) {
    const size_t n = value::byte_offset(text, 1);
    parts.push_back(Value::string(text.substr(0, n)));
    text.remove_prefix(n);
  }
  if (parts.empty()) parts.push_back(Value::string(text));
  return value::make_list(arena, parts);
}

Result<Value> split(const FunctionContext& context, Arguments args) {
  TRELLIS_TRY_ASSIGN(const std::string_view text, text_at("split", args, 0));
  std::vector<std::string_view> delimiters;
  const auto given = args[1].is(Type::kList) ? args[1].as_list() : args.subspan(1, 1);
  for (const Value& delimiter : given) {
    if (delimiter.is_null()) return Value();
    if (!delimiter.is(Type::kString)) {
      return wrong_argument("split", "a STRING or a LIST<STRING> of delimiters", delimiter);
    }
    delimiters.push_back(delimiter.as_string());
  }
  if (std::ranges::any_of(delimiters, &std::string_view::empty)) {
    return split_characters(context.arena, text);
  }
  return split_by(context.arena, text, delimiters);
}

Result<Value> normalize(const FunctionContext& context, Arguments args) {
  TRELLIS_TRY_ASSIGN(const std::string_view text, text_at("normalize", args, 0));
  value::NormalForm form = value::NormalForm::kNfc;
  if (args.size() > 1) {
    TRELLIS_TRY_ASSIGN(const std::string_view name, text_at("normalize", args, 1));
    const auto found = value::find_normal_form(name);
    if (!found) {
      return fail(ErrorCode::ArgumentError, "Unknown normal form {}: use NFC, NFD, NFKC or NFKD.",
                  name);
    }
    form = *found;
  }
  return Value::string(value::normalize(context.arena, text, form));
}

}  // namespace

void add_string(Table& table) {
  const StaticType string = StaticType::of(kStringType);
  const auto row = [&](std::string_view signature, std::vector<TypeMask> arguments,
                       std::string_view description, Function::Call call, int min = -1) {
    return Row{.signature = signature,
               .arguments = std::move(arguments),
               .result = string,
               .description = description,
               .call = call,
               .min_arguments = min};
  };
  std::vector<Row> rows = {
      row("trim(input :: STRING, trimCharacterString :: STRING) :: STRING",
          {kStringType, kStringType}, "A string without white space, or a character, at its ends.",
          trim<value::TrimEnds::kBoth>, 1),
      row("btrim(input :: STRING, trimCharacterString :: STRING) :: STRING",
          {kStringType, kStringType}, "A string without white space, or characters, at its ends.",
          trim<value::TrimEnds::kBoth>, 1),
      row("ltrim(input :: STRING, trimCharacterString :: STRING) :: STRING",
          {kStringType, kStringType}, "A string without white space, or characters, at its start.",
          trim<value::TrimEnds::kLeading>, 1),
      row("rtrim(input :: STRING, trimCharacterString :: STRING) :: STRING",
          {kStringType, kStringType}, "A string without white space, or characters, at its end.",
          trim<value::TrimEnds::kTrailing>, 1),
      row("toUpper(input :: STRING) :: STRING", {kStringType}, "A string in upper case.", to_upper),
      row("upper(input :: STRING) :: STRING", {kStringType}, "A string in upper case.", to_upper),
      row("toLower(input :: STRING) :: STRING", {kStringType}, "A string in lower case.", to_lower),
      row("lower(input :: STRING) :: STRING", {kStringType}, "A string in lower case.", to_lower),
      row("left(original :: STRING, length :: INTEGER) :: STRING", {kStringType, kIntegerType},
          "The first characters of a string.", left),
      row("right(original :: STRING, length :: INTEGER) :: STRING", {kStringType, kIntegerType},
          "The last characters of a string.", right),
      row("substring(original :: STRING, start :: INTEGER, length :: INTEGER) :: STRING",
          {kStringType, kIntegerType, kIntegerType},
          "A part of a string: from a position (counted from 0) on, to the end or of a length.",
          substring, 2),
      row("replace(original :: STRING, search :: STRING, replace :: STRING) :: STRING",
          {kStringType, kStringType, kStringType},
          "A string with every occurrence of one text replaced by another.", replace),
      row("normalize(input :: STRING, normalForm = NFC :: [NFC, NFD, NFKC, NFKD]) :: STRING",
          {kStringType, kStringType}, "A string in a Unicode normal form.", normalize, 1),
  };
  add_rows(table, FunctionCategory::kString, std::move(rows));
  add_rows(table, FunctionCategory::kString,
           {{.signature = "split(original :: STRING, splitDelimiters :: STRING | LIST<STRING>) :: "
                          "LIST<STRING>",
             .arguments = {kStringType, kStringType | kListType},
             .result = StaticType::list_of(kStringType),
             .description = "The parts of a string between delimiters.",
             .call = split}});
}

}  // namespace trellis::cypher::functions
