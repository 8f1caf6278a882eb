// SPDX-License-Identifier: Apache-2.0
#include "tls/acme/problem.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <utility>

#include "tls/acme/json_fields.h"

namespace trellis::tls::acme {
namespace {

constexpr std::string_view kErrorPrefix = "urn:ietf:params:acme:error:";
constexpr int kDeepestSubproblem = 3;
constexpr size_t kLongestForeignBody = 500;

constexpr std::array<std::pair<std::string_view, ProblemType>, 26> kTypes{{
    {"accountDoesNotExist", ProblemType::kAccountDoesNotExist},
    {"alreadyRevoked", ProblemType::kAlreadyRevoked},
    {"badCSR", ProblemType::kBadCsr},
    {"badNonce", ProblemType::kBadNonce},
    {"badPublicKey", ProblemType::kBadPublicKey},
    {"badRevocationReason", ProblemType::kBadRevocationReason},
    {"badSignatureAlgorithm", ProblemType::kBadSignatureAlgorithm},
    {"caa", ProblemType::kCaa},
    {"compound", ProblemType::kCompound},
    {"connection", ProblemType::kConnection},
    {"dns", ProblemType::kDns},
    {"externalAccountRequired", ProblemType::kExternalAccountRequired},
    {"incorrectResponse", ProblemType::kIncorrectResponse},
    {"invalidContact", ProblemType::kInvalidContact},
    {"malformed", ProblemType::kMalformed},
    {"orderNotReady", ProblemType::kOrderNotReady},
    {"rateLimited", ProblemType::kRateLimited},
    {"rejectedIdentifier", ProblemType::kRejectedIdentifier},
    {"serverInternal", ProblemType::kServerInternal},
    {"tls", ProblemType::kTls},
    {"unauthorized", ProblemType::kUnauthorized},
    {"unsupportedContact", ProblemType::kUnsupportedContact},
    {"unsupportedIdentifier", ProblemType::kUnsupportedIdentifier},
    {"userActionRequired", ProblemType::kUserActionRequired},
    {"alreadyReplaced", ProblemType::kAlreadyReplaced},
    {"invalidProfile", ProblemType::kInvalidProfile},
}};

// The canonical text of an address; empty: it is none.
std::string address_text(int family, const std::string& text) {
  unsigned char bytes[16];
  char canonical[INET6_ADDRSTRLEN];
  if (inet_pton(family, text.c_str(), bytes) != 1) return {};
  return inet_ntop(family, bytes, canonical, sizeof(canonical)) != nullptr ? canonical : "";
}

Problem problem_at_depth(const boost::json::object& object, int status, int depth) {
  Problem problem;
  problem.type = one_line(text_in(object, "type"), 200);
  problem.kind = problem_type(problem.type);
  problem.title = one_line(text_in(object, "title"));
  problem.detail = one_line(text_in(object, "detail"));
  problem.instance = one_line(text_in(object, "instance"), 2000);
  problem.identifier = identifier_in(object, "identifier");
  problem.status = status;
  const auto* said = object.if_contains("status");
  if (status == 0 && said != nullptr && said->is_int64() && said->get_int64() > 0 &&
      said->get_int64() < 1000) {
    problem.status = static_cast<int>(said->get_int64());
  }
  const auto* inner = object.if_contains("subproblems");
  if (depth == 0 || inner == nullptr || !inner->is_array()) return problem;
  for (const auto& value : inner->get_array()) {
    if (!value.is_object() || problem.subproblems.size() == kMostElements) continue;
    problem.subproblems.push_back(problem_at_depth(value.get_object(), 0, depth - 1));
  }
  return problem;
}

}  // namespace

Identifier Identifier::of(std::string_view name) {
  std::string text(name);
  for (const int family : {AF_INET, AF_INET6}) {
    if (auto address = address_text(family, text); !address.empty()) {
      return {Type::kIp, std::move(address)};
    }
  }
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  if (text.ends_with('.')) text.pop_back();
  return {Type::kDns, std::move(text)};
}

std::string_view Identifier::type_text() const { return type == Type::kIp ? "ip" : "dns"; }

ProblemType problem_type(std::string_view urn) {
  if (!urn.starts_with(kErrorPrefix)) return ProblemType::kOther;
  const std::string_view word = urn.substr(kErrorPrefix.size());
  const auto* found = std::ranges::find(kTypes, word, [](const auto& row) { return row.first; });
  return found == kTypes.end() ? ProblemType::kOther : found->second;
}

std::string Problem::text() const {
  std::string text = identifier ? identifier->value + ": " : "";
  text += type.empty() ? "no problem type" : type;
  if (status != 0) text += fmt::format(" ({})", status);
  if (!title.empty() && title != detail) text += ": " + title;
  if (!detail.empty()) text += ": " + detail;
  if (!instance.empty()) text += fmt::format(" [{}]", instance);
  for (const auto& inner : subproblems) text += "; " + inner.text();
  return text;
}

Problem parse_problem(std::string_view body, int status) {
  if (const auto object = parse_object(body)) return problem_of(*object, status);
  Problem problem;
  problem.status = status;
  problem.detail = one_line(body, kLongestForeignBody);
  return problem;
}

std::string Failure::text() const {
  std::string text = url.empty() ? "" : url + ": ";
  text += message;
  if (kind == Kind::kProblem) text += problem.text();
  if (retry_after) text += fmt::format(" (asks to be left alone for {} s)", retry_after->count());
  return text;
}

bool Failure::is_final() const {
  if (kind != Kind::kProblem) return false;
  if (decided) return true;
  return !problem.type.empty() && problem.status < 500 && !is(ProblemType::kServerInternal) &&
         !is(ProblemType::kRateLimited) && !is(ProblemType::kBadNonce);
}

Error Failure::to_error() const { return make_error(ErrorCode::IoError, "{}", text()); }

// ---------------------------------------------------------------------------------------------

std::string one_line(std::string_view text, size_t most) {
  std::string line(text.substr(0, most));
  std::ranges::replace_if(
      line, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  if (text.size() > most) line += "...";
  return line;
}

std::optional<boost::json::object> parse_object(std::string_view text) {
  boost::system::error_code failed;
  auto value = boost::json::parse(boost::json::string_view(text.data(), text.size()), failed);
  if (failed || !value.is_object()) return std::nullopt;
  return std::move(value.get_object());
}

const boost::json::object* object_in(const boost::json::object& object, std::string_view name) {
  const auto* value = object.if_contains(boost::json::string_view(name.data(), name.size()));
  return value != nullptr ? value->if_object() : nullptr;
}

std::string text_in(const boost::json::object& object, std::string_view name) {
  const auto* value = object.if_contains(boost::json::string_view(name.data(), name.size()));
  if (value == nullptr || !value->is_string()) return {};
  return std::string(value->get_string().data(), value->get_string().size());
}

std::vector<std::string> texts_in(const boost::json::object& object, std::string_view name) {
  std::vector<std::string> texts;
  const auto* value = object.if_contains(boost::json::string_view(name.data(), name.size()));
  if (value == nullptr || !value->is_array()) return texts;
  for (const auto& element : value->get_array()) {
    if (!element.is_string() || texts.size() == kMostElements) continue;
    texts.emplace_back(element.get_string().data(), element.get_string().size());
  }
  return texts;
}

std::optional<Problem> problem_in(const boost::json::object& object, std::string_view name) {
  const auto* inner = object_in(object, name);
  return inner == nullptr ? std::nullopt : std::optional(problem_of(*inner, 0));
}

std::optional<Identifier> identifier_in(const boost::json::object& object, std::string_view name) {
  const auto* inner = object_in(object, name);
  return inner == nullptr ? std::nullopt : std::optional(identifier_of(*inner));
}

Problem problem_of(const boost::json::object& object, int status) {
  return problem_at_depth(object, status, kDeepestSubproblem);
}

Identifier identifier_of(const boost::json::object& object) {
  const bool address = text_in(object, "type") == "ip";
  return {address ? Identifier::Type::kIp : Identifier::Type::kDns,
          one_line(text_in(object, "value"), 300)};
}

}  // namespace trellis::tls::acme
