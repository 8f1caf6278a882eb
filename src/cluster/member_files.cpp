// SPDX-License-Identifier: Apache-2.0
#include "cluster/member_files.h"

#include <boost/json.hpp>

#include "tls/private_ca.h"
#include "tls/readable_file.h"

namespace trellis::cluster {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

bool holds(const fs::path& file, std::string_view text) {
  const auto there = tls::read_small_file(file, "file of the authority");
  return there && there->reveal() == text;
}

}  // namespace

MemberFiles::MemberFiles(const config::SslPolicySettings& policy)
    : key(policy.base_directory / policy.private_key),
      certificate(policy.base_directory / policy.public_certificate),
      trusted(policy.base_directory / policy.trusted_dir / "authority.crt"),
      revoked(policy.base_directory / policy.revoked_dir / "authority.crl"),
      note(policy.base_directory / "member.json") {}

Result<std::optional<Membership>> MemberFiles::membership() const {
  std::error_code ignored;
  if (!fs::exists(note, ignored)) return std::optional<Membership>();
  TRELLIS_TRY_ASSIGN(const Secret text, tls::read_small_file(note, "note of the membership"));
  try {
    const json::object object = json::parse(text.reveal()).as_object();
    Membership membership;
    membership.authority = std::string(object.at("authority").as_string());
    for (const json::value& name : object.at("names").as_array()) {
      membership.names.emplace_back(name.as_string());
    }
    return std::optional<Membership>(std::move(membership));
  } catch (const std::exception& error) {
    return fail(ErrorCode::InvalidConfiguration,
                "{} is damaged ({}). Join again: trellis tls join.", note.string(), error.what());
  }
}

Result<> MemberFiles::write_membership(const Membership& membership) const {
  const json::object object{
      {"authority", membership.authority},
      {"names", json::array(membership.names.begin(), membership.names.end())}};
  return tls::write_certificate_file(note, json::serialize(object) + "\n");
}

Result<> MemberFiles::write_pair(const Secret& key_pem, const std::string& chain_pem) const {
  TRELLIS_TRY(tls::write_key_file(key, key_pem));
  return tls::write_certificate_file(certificate, chain_pem);
}

Result<bool> MemberFiles::write_trust(const tls::TrustBundle& trust) const {
  bool changed = false;
  if (!holds(trusted, trust.certificates)) {
    TRELLIS_TRY(tls::write_certificate_file(trusted, trust.certificates));
    changed = true;
  }
  if (!holds(revoked, trust.revocations)) {
    TRELLIS_TRY(tls::write_certificate_file(revoked, trust.revocations));
    changed = true;
  }
  return changed;
}

}  // namespace trellis::cluster
