// SPDX-License-Identifier: Apache-2.0
#include "tls/acme/resources.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <utility>

#include "tls/acme/json_fields.h"

namespace trellis::tls::acme {
namespace {

namespace json = boost::json;

constexpr std::array<std::pair<std::string_view, Status>, 8> kStatuses{{
    {"pending", Status::kPending},
    {"ready", Status::kReady},
    {"processing", Status::kProcessing},
    {"valid", Status::kValid},
    {"invalid", Status::kInvalid},
    {"expired", Status::kExpired},
    {"deactivated", Status::kDeactivated},
    {"revoked", Status::kRevoked},
}};

Status status_in(const json::object& object) {
  const std::string text = text_in(object, "status");
  const auto* found = std::ranges::find(kStatuses, text, [](const auto& row) { return row.first; });
  return found == kStatuses.end() ? Status::kOther : found->second;
}

std::string url_in(const json::object& object, std::string_view name) {
  std::string url = one_line(text_in(object, name), 2000);
  return url.starts_with("https://") ? url : "";
}

std::optional<Challenge> challenge_of(const json::object& object) {
  Challenge challenge;
  challenge.type = one_line(text_in(object, "type"), 100);
  challenge.url = url_in(object, "url");
  challenge.token = one_line(text_in(object, "token"), 300);
  challenge.status = status_in(object);
  challenge.error = problem_in(object, "error");
  if (challenge.type.empty() || challenge.url.empty()) return std::nullopt;
  return challenge;
}

json::array array_of(const std::vector<std::string>& texts) {
  json::array array;
  for (const auto& text : texts) array.emplace_back(text);
  return array;
}

void read_meta(const json::object& meta, Directory& directory) {
  directory.terms_of_service = one_line(text_in(meta, "termsOfService"), 2000);
  const auto* required = meta.if_contains("externalAccountRequired");
  directory.external_account_required =
      required != nullptr && required->is_bool() && required->get_bool();
  const auto* profiles = object_in(meta, "profiles");
  if (profiles == nullptr) return;
  for (const auto& [name, description] : *profiles) {
    if (directory.profiles.size() == kMostElements) break;
    const auto* text = description.if_string();
    directory.profiles.emplace(one_line({name.data(), name.size()}, 200),
                               text != nullptr ? one_line({text->data(), text->size()}) : "");
  }
}

}  // namespace

std::string_view to_string(Status status) {
  const auto* found =
      std::ranges::find(kStatuses, status, [](const auto& row) { return row.second; });
  return found == kStatuses.end() ? "of an unknown status" : found->first;
}

std::optional<Directory> parse_directory(std::string_view body) {
  const auto object = parse_object(body);
  if (!object) return std::nullopt;
  Directory directory;
  directory.new_nonce = url_in(*object, "newNonce");
  directory.new_account = url_in(*object, "newAccount");
  directory.new_order = url_in(*object, "newOrder");
  directory.revoke_cert = url_in(*object, "revokeCert");
  directory.key_change = url_in(*object, "keyChange");
  directory.renewal_info = url_in(*object, "renewalInfo");
  if (const auto* meta = object_in(*object, "meta")) read_meta(*meta, directory);
  const bool whole = !directory.new_nonce.empty() && !directory.new_account.empty() &&
                     !directory.new_order.empty();
  return whole ? std::optional(std::move(directory)) : std::nullopt;
}

std::optional<Account> parse_account(std::string_view body) {
  const auto object = parse_object(body);
  if (!object) return std::nullopt;
  Account account;
  account.status = status_in(*object);
  account.contact = texts_in(*object, "contact");
  account.orders = url_in(*object, "orders");
  return account;
}

std::optional<std::vector<std::string>> parse_order_list(std::string_view body) {
  const auto object = parse_object(body);
  return object ? std::optional(texts_in(*object, "orders")) : std::nullopt;
}

std::optional<Order> parse_order(std::string_view body) {
  const auto object = parse_object(body);
  if (!object) return std::nullopt;
  Order order;
  order.status = status_in(*object);
  order.authorizations = texts_in(*object, "authorizations");
  order.finalize = url_in(*object, "finalize");
  order.certificate = url_in(*object, "certificate");
  order.profile = one_line(text_in(*object, "profile"), 200);
  order.error = problem_in(*object, "error");
  order.expires = parse_timestamp(text_in(*object, "expires"));
  const auto* identifiers = object->if_contains("identifiers");
  if (identifiers != nullptr && identifiers->is_array()) {
    for (const auto& value : identifiers->get_array()) {
      if (!value.is_object() || order.identifiers.size() == kMostElements) continue;
      order.identifiers.push_back(identifier_of(value.get_object()));
    }
  }
  if (order.status == Status::kOther || order.finalize.empty()) return std::nullopt;
  return order;
}

std::optional<Authorization> parse_authorization(std::string_view body) {
  const auto object = parse_object(body);
  if (!object) return std::nullopt;
  Authorization authorization;
  authorization.status = status_in(*object);
  const auto identifier = identifier_in(*object, "identifier");
  if (authorization.status == Status::kOther || !identifier) return std::nullopt;
  authorization.identifier = *identifier;
  const auto* wildcard = object->if_contains("wildcard");
  authorization.wildcard = wildcard != nullptr && wildcard->is_bool() && wildcard->get_bool();
  authorization.expires = parse_timestamp(text_in(*object, "expires"));
  const auto* challenges = object->if_contains("challenges");
  if (challenges == nullptr || !challenges->is_array()) return authorization;
  for (const auto& value : challenges->get_array()) {
    if (!value.is_object() || authorization.challenges.size() == kMostElements) continue;
    if (auto challenge = challenge_of(value.get_object())) {
      authorization.challenges.push_back(std::move(*challenge));
    }
  }
  return authorization;
}

std::optional<Challenge> parse_challenge(std::string_view body) {
  const auto object = parse_object(body);
  return object ? challenge_of(*object) : std::nullopt;
}

std::optional<RenewalInfo> parse_renewal_info(std::string_view body) {
  const auto object = parse_object(body);
  const auto* window = object ? object_in(*object, "suggestedWindow") : nullptr;
  if (window == nullptr) return std::nullopt;
  const auto start = parse_timestamp(text_in(*window, "start"));
  const auto end = parse_timestamp(text_in(*window, "end"));
  if (!start || !end || *end < *start) return std::nullopt;
  RenewalInfo info;
  info.start = *start;
  info.end = *end;
  info.explanation_url = one_line(text_in(*object, "explanationURL"), 2000);
  return info;
}

std::string account_request_body(const std::vector<std::string>& contact,
                                 const std::string& external_account) {
  json::object body{{"termsOfServiceAgreed", true}};
  if (!contact.empty()) body["contact"] = array_of(contact);
  if (!external_account.empty()) body["externalAccountBinding"] = json::parse(external_account);
  return json::serialize(body);
}

std::string contact_body(const std::vector<std::string>& contact) {
  return json::serialize(json::object{{"contact", array_of(contact)}});
}

std::string order_body(const NewOrder& request) {
  json::array identifiers;
  for (const auto& name : request.names) {
    const Identifier identifier = Identifier::of(name);
    const auto type = identifier.type_text();
    identifiers.push_back(json::object{{"type", json::string_view(type.data(), type.size())},
                                       {"value", identifier.value}});
  }
  json::object body{{"identifiers", std::move(identifiers)}};
  if (!request.profile.empty()) body["profile"] = request.profile;
  if (!request.replaces.empty()) body["replaces"] = request.replaces;
  return json::serialize(body);
}

}  // namespace trellis::tls::acme
