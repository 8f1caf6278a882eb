// SPDX-License-Identifier: Apache-2.0
#include "tls/authority/authority_state.h"

#include <boost/json.hpp>
#include <filesystem>

#include "tls/private_ca.h"
#include "tls/readable_file.h"

namespace trellis::tls {
namespace {

namespace json = boost::json;
using Time = AuthorityState::Time;

int64_t seconds_of(Time time) { return std::chrono::system_clock::to_time_t(time); }
Time time_of(const json::value& seconds) {
  return std::chrono::system_clock::from_time_t(seconds.to_number<int64_t>());
}

json::array names_of(const std::vector<std::string>& names) {
  return json::array(names.begin(), names.end());
}
std::vector<std::string> names_in(const json::value& list) {
  std::vector<std::string> names;
  for (const json::value& name : list.as_array()) names.emplace_back(name.as_string());
  return names;
}
std::string text_in(const json::object& object, const char* key) {
  return std::string(object.at(key).as_string());
}

AuthorityState parsed(const json::object& root) {
  AuthorityState state;
  for (const json::value& row : root.at("issued").as_array()) {
    const json::object& o = row.as_object();
    AuthorityState::Issued one{text_in(o, "serial"),       text_in(o, "sha256"),
                               text_in(o, "authority"),    names_in(o.at("names")),
                               time_of(o.at("not_after")), std::nullopt};
    if (const json::value* revoked = o.if_contains("revoked")) one.revoked = time_of(*revoked);
    state.issued.push_back(std::move(one));
  }
  for (const json::value& row : root.at("tokens").as_array()) {
    const json::object& o = row.as_object();
    state.tokens.push_back({text_in(o, "sha256"), names_in(o.at("names")), time_of(o.at("expires")),
                            o.at("used").as_bool()});
  }
  return state;
}

}  // namespace

void AuthorityState::forget_the_past(Time now) {
  const Time past = now - std::chrono::hours(24);
  std::erase_if(issued, [&](const Issued& one) { return one.not_after < past; });
  std::erase_if(tokens, [&](const Token& one) { return one.expires < past; });
}

Result<AuthorityState> read_state(const std::filesystem::path& file) {
  TRELLIS_TRY_ASSIGN(const bool there, there_is(file));
  if (!there) return AuthorityState{};
  TRELLIS_TRY_ASSIGN(const Secret bytes, read_small_file(file, "state of the authority"));
  try {
    return parsed(json::parse(bytes.reveal()).as_object());
  } catch (const std::exception& error) {
    return fail(ErrorCode::InvalidConfiguration,
                "{} is damaged ({}). Put it back from a backup of its folder; without it nothing "
                "that was issued can be revoked.",
                file.string(), error.what());
  }
}

Result<> write_state(const std::filesystem::path& file, const AuthorityState& state) {
  json::object root;
  json::array& issued = root["issued"].emplace_array();
  for (const auto& one : state.issued) {
    json::object row{{"serial", one.serial},
                     {"sha256", one.sha256},
                     {"authority", one.authority},
                     {"names", names_of(one.names)},
                     {"not_after", seconds_of(one.not_after)}};
    if (one.revoked) row["revoked"] = seconds_of(*one.revoked);
    issued.push_back(std::move(row));
  }
  json::array& tokens = root["tokens"].emplace_array();
  for (const auto& one : state.tokens) {
    tokens.push_back({{"sha256", one.sha256},
                      {"names", names_of(one.names)},
                      {"expires", seconds_of(one.expires)},
                      {"used", one.used}});
  }
  return write_key_file(file, Secret(json::serialize(root) + "\n"));
}

}  // namespace trellis::tls
