// SPDX-License-Identifier: Apache-2.0
#include "cluster/membership_messages.h"

#include <algorithm>
#include <boost/json.hpp>

namespace trellis::cluster {
namespace {

namespace json = boost::json;

std::string text_in(const json::object& object, const char* key) {
  return std::string(object.at(key).as_string());
}

// Runs `read` over the body's object; whatever is missing or of another kind is one error.
template <class Read>
auto read_object(std::string_view body, Read read) -> Result<decltype(read(json::object()))> {
  try {
    return read(json::parse(body).as_object());
  } catch (const std::exception& error) {
    return fail(ErrorCode::InvalidArguments, "This is no message of a member or an authority ({}).",
                error.what());
  }
}

// What a peer says of itself goes into logs and certificates: letters of names and addresses alone.
bool is_name(std::string_view name) {
  constexpr size_t kLongest = 253;  // RFC 1035
  return !name.empty() && name.size() <= kLongest &&
         name.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
             "-_.:") == name.npos;
}

tls::TrustBundle trust_in(const json::object& object) {
  return {text_in(object, "certificates"), text_in(object, "revocations")};
}

}  // namespace

Secret to_json(const JoinMessage& message) {
  json::object object{{"token", message.token.reveal()},
                      {"request", message.request_pem},
                      {"names", json::array(message.names.begin(), message.names.end())}};
  std::string text = json::serialize(object);
  return Secret::take(text);
}
std::string renew_to_json(std::string_view request_pem) {
  return json::serialize(json::object{{"request", request_pem}});
}
std::string to_json(const tls::TrustBundle& trust) {
  return json::serialize(
      json::object{{"certificates", trust.certificates}, {"revocations", trust.revocations}});
}
std::string to_json(const tls::MemberCertificate& member) {
  return json::serialize(json::object{{"chain", member.chain},
                                      {"certificates", member.trust.certificates},
                                      {"revocations", member.trust.revocations}});
}
std::string refusal_to_json(std::string_view message) {
  return json::serialize(json::object{{"message", message}});
}

Result<JoinMessage> read_join(std::string_view body) {
  TRELLIS_TRY_ASSIGN(JoinMessage message, read_object(body, [](const json::object& object) {
                       JoinMessage read;
                       read.token = Secret(std::string_view(object.at("token").as_string()));
                       read.request_pem = text_in(object, "request");
                       for (const json::value& name : object.at("names").as_array()) {
                         read.names.emplace_back(name.as_string());
                       }
                       return read;
                     }));
  const auto& names = message.names;
  if (names.empty() || names.size() > kMostNames ||
      !std::all_of(names.begin(), names.end(), is_name)) {
    return fail(ErrorCode::InvalidArguments,
                "A member has between 1 and {} names: host names, without wildcards, and IP "
                "addresses.",
                kMostNames);
  }
  return message;
}
Result<std::string> read_renew(std::string_view body) {
  return read_object(body, [](const json::object& object) { return text_in(object, "request"); });
}
Result<tls::TrustBundle> read_trust(std::string_view body) {
  return read_object(body, [](const json::object& object) { return trust_in(object); });
}
Result<tls::MemberCertificate> read_member(std::string_view body) {
  return read_object(body, [](const json::object& object) {
    return tls::MemberCertificate{text_in(object, "chain"), trust_in(object)};
  });
}
std::string read_refusal(std::string_view body) {
  const auto text =
      read_object(body, [](const json::object& object) { return text_in(object, "message"); });
  return text.value_or("");
}

}  // namespace trellis::cluster
