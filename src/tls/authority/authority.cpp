// SPDX-License-Identifier: Apache-2.0
#include "tls/authority/authority.h"

#include <arpa/inet.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>

#include "os/file_lock.h"
#include "os/random.h"
#include "tls/authority/authority_state.h"
#include "tls/openssl_handles.h"
#include "tls/pem.h"
#include "tls/readable_file.h"
#include "tls/x509_facts.h"

namespace trellis::tls {
namespace {

namespace fs = std::filesystem;
using Time = std::chrono::system_clock::time_point;

constexpr std::chrono::seconds kLockPatience{10};
// Members fetch lists many times a day; a list outlives a long outage of its authority.
constexpr std::chrono::hours kListLife{24 * 30};
constexpr std::chrono::hours kListRenewal{24 * 7};
constexpr const char* kCurrent = "authority.pem";
constexpr const char* kPrevious = "previous.pem";
constexpr const char* kBridge = "bridge.crt";
constexpr const char* kCurrentList = "authority.crl";
constexpr const char* kPreviousList = "previous.crl";
constexpr const char* kState = "state.json";
constexpr const char* kIssuedTo = "Trellis cluster authority";

int days_of(std::chrono::seconds lifetime) {
  return static_cast<int>(std::max<int64_t>(1, lifetime / std::chrono::hours(24)));
}

// Each generation has a name of its own: revocation lists are found by their issuer's name.
std::string name_of_generation(const std::string& name) {
  return fmt::format("{} {:08x}", name.empty() ? kIssuedTo : name,
                     static_cast<uint32_t>(os::SecureRandom().next()));
}

// As two writings of one name are one name to those who verify it.
std::string plain(const std::string& name) {
  in6_addr address{};
  char text[INET6_ADDRSTRLEN];
  if (::inet_pton(AF_INET6, name.c_str(), &address) == 1) {
    return ::inet_ntop(AF_INET6, &address, text, sizeof(text));
  }
  return lower_case(name);
}

bool has(const std::vector<std::string>& names, const std::string& wanted) {
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& name) { return plain(name) == plain(wanted); });
}

// The folder under its lock, read in whole.
struct Opened {
  fs::path folder;
  const os::Clock& clock;
  os::FileLock lock;
  PrivateCa current;
  std::optional<PrivateCa> previous;
  std::string bridge_pem;  // empty before the first rotation
  AuthorityState state;

  Time now() const { return std::chrono::time_point_cast<Time::duration>(clock.wall()); }
  Result<> save() {
    state.forget_the_past(now());
    return write_state(folder / kState, state);
  }
  // Leaf, then what leads to an authority that every member knows.
  std::string chain_of(std::string_view leaf_and_authority) const {
    std::string chain(leaf_and_authority);
    if (previous) {
      chain.resize(chain.size() - current.certificate_pem().size());
      chain += bridge_pem + previous->certificate_pem();
    }
    return chain;
  }
  Result<> record(std::string_view chain, const std::vector<std::string>& names) {
    TRELLIS_TRY_ASSIGN(IssuedFacts facts, facts_of(chain));
    state.issued.push_back({std::move(facts.serial), std::move(facts.sha256), current.sha256(),
                            names, facts.not_after, std::nullopt});
    return save();
  }
  bool still_used(const PrivateCa& issuer) const {
    return std::any_of(state.issued.begin(), state.issued.end(), [&](const auto& one) {
      return one.authority == issuer.sha256() && !one.revoked && one.not_after > now();
    });
  }
  // Listeners show chains of before a rotation until they renew. These end at the authority of
  // then, as by way of the bridge the newer ones do.
  const PrivateCa& shown_by_all() const {
    return previous && still_used(*previous) ? *previous : current;
  }
  Result<> nobody_has(const std::vector<std::string>& names) const {
    for (const auto& one : state.issued) {
      if (one.revoked || one.not_after <= now()) continue;
      for (const std::string& name : names) {
        if (!has(one.names, name)) continue;
        return fail(ErrorCode::Forbidden,
                    "Another member has the name {}. If it is the same one, make a token for it: "
                    "trellis tls ca join-token {}",
                    name, name);
      }
    }
    return {};
  }
  // Kept until something is revoked or it is old: members compare what they get with what they
  // have.
  Result<std::string> list_of(const PrivateCa& issuer, const char* name) const {
    const fs::path file = folder / name;
    const auto kept = load_revocation_lists(file);
    if (kept && kept->size() == 1 &&
        now() - to_time(X509_CRL_get0_lastUpdate(kept->front().get())) < kListRenewal) {
      TRELLIS_TRY_ASSIGN(const Secret text, read_small_file(file, "revocation list"));
      return std::string(text.reveal());
    }
    std::vector<RevokedCertificate> revoked;
    for (const auto& one : state.issued) {
      if (one.revoked && one.authority == issuer.sha256()) {
        revoked.push_back({one.serial, *one.revoked});
      }
    }
    TRELLIS_TRY_ASSIGN(std::string made, issuer.revocation_list(revoked, kListLife, now()));
    TRELLIS_TRY(write_certificate_file(file, made));
    return made;
  }
  void forget_lists() const {
    std::error_code ignored;
    fs::remove(folder / kCurrentList, ignored);
    fs::remove(folder / kPreviousList, ignored);
  }
  Result<TrustBundle> trust() const {
    TrustBundle bundle;
    bundle.certificates = current.certificate_pem();
    TRELLIS_TRY_ASSIGN(bundle.revocations, list_of(current, kCurrentList));
    if (!previous) return bundle;
    bundle.certificates += previous->certificate_pem();
    TRELLIS_TRY_ASSIGN(const std::string older, list_of(*previous, kPreviousList));
    bundle.revocations += older;
    return bundle;
  }
  Result<MemberCertificate> sign(std::string_view request_pem, std::vector<std::string> names,
                                 std::chrono::seconds lifetime) {
    TRELLIS_TRY_ASSIGN(const std::string leaf,
                       current.sign(request_pem, request_for(names, lifetime, now())));
    MemberCertificate member;
    member.chain = chain_of(leaf);
    TRELLIS_TRY_ASSIGN(member.trust, trust());
    TRELLIS_TRY(record(member.chain, names));
    return member;
  }
};

// Key and certificate are one file: replaced by one rename, never of two generations.
Result<PrivateCa> load_generation(const fs::path& file) {
  TRELLIS_TRY(check_key_mode(file));
  TRELLIS_TRY_ASSIGN(const Secret pem, read_small_file(file, "authority"));
  return PrivateCa::load(pem.reveal(), pem);
}

Result<> save_generation(const fs::path& file, const PrivateCa& ca) {
  std::string pem(ca.key_pem().reveal());
  pem += ca.certificate_pem();
  return write_key_file(file, Secret::take(pem));
}

Result<> load_previous(Opened& all) {
  TRELLIS_TRY_ASSIGN(const bool bridged, there_is(all.folder / kBridge));
  if (!bridged) return {};
  TRELLIS_TRY_ASSIGN(const Secret bridge, read_small_file(all.folder / kBridge, "bridge"));
  // A rotation that was cut before its last step left a bridge to a key that nobody has.
  if (!all.current.has_key_of(bridge.reveal())) return {};
  TRELLIS_TRY_ASSIGN(PrivateCa previous, load_generation(all.folder / kPrevious));
  if (previous.not_after() <= all.now()) return {};  // nothing that it signed is in force
  all.previous = std::move(previous);
  all.bridge_pem = bridge.reveal();
  return {};
}

Result<Opened> opened(const fs::path& folder, const os::Clock& clock) {
  TRELLIS_TRY_ASSIGN(os::FileLock lock, os::FileLock::acquire(folder / "lock", kLockPatience));
  TRELLIS_TRY_ASSIGN(PrivateCa current, load_generation(folder / kCurrent));
  Opened all{folder, clock, std::move(lock), std::move(current), std::nullopt, "", {}};
  TRELLIS_TRY(load_previous(all));
  TRELLIS_TRY_ASSIGN(all.state, read_state(folder / kState));
  return all;
}

bool within(const std::vector<std::string>& names, const std::vector<std::string>& allowed) {
  return std::all_of(names.begin(), names.end(),
                     [&](const std::string& name) { return has(allowed, name); });
}

}  // namespace

Result<Authority> Authority::create(const fs::path& folder, const std::string& name,
                                    Seconds lifetime, const os::Clock& clock) {
  TRELLIS_TRY_ASSIGN(const bool made_before, exists(folder));
  if (made_before) {
    return fail(ErrorCode::InvalidArguments,
                "There is an authority in {} already. To replace it without an outage: trellis tls "
                "ca init --rotate.",
                folder.string());
  }
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (!failed && ::chmod(folder.c_str(), 0700) != 0) {
    failed = std::error_code(errno, std::generic_category());
  }
  if (failed) {
    return fail(ErrorCode::IoError, "Cannot make the folder {}: {}.", folder.string(),
                failed.message());
  }
  TRELLIS_TRY_ASSIGN(const PrivateCa ca,
                     PrivateCa::create(name_of_generation(name), days_of(lifetime),
                                       std::chrono::time_point_cast<Time::duration>(clock.wall())));
  TRELLIS_TRY(save_generation(folder / kCurrent, ca));
  return Authority(folder, clock);
}

Result<bool> Authority::exists(const fs::path& folder) { return there_is(folder / kCurrent); }

Result<Authority> Authority::open(const fs::path& folder, const os::Clock& clock) {
  TRELLIS_TRY_ASSIGN(const bool there, exists(folder));
  if (!there) {
    return fail(ErrorCode::InvalidConfiguration,
                "There is no authority in {}. Make one, on one member of the cluster: trellis tls "
                "ca init.",
                folder.string());
  }
  return Authority(folder, clock);
}

Result<> Authority::rotate(Seconds lifetime) const {
  TRELLIS_TRY_ASSIGN(const Opened all, opened(folder_, *clock_));
  if (all.previous && all.still_used(*all.previous)) {
    return fail(ErrorCode::InvalidArguments,
                "Members still have certificates of the authority before this one: wait until all "
                "have renewed theirs (trellis tls ca list), or revoke those that are gone.");
  }
  TRELLIS_TRY_ASSIGN(const PrivateCa next,
                     PrivateCa::create(name_of_generation(""), days_of(lifetime), all.now()));
  TRELLIS_TRY_ASSIGN(const std::string bridge, all.current.vouch_for(next));
  all.forget_lists();
  // The last step is the one that counts: cut before it, the old authority goes on.
  TRELLIS_TRY(save_generation(folder_ / kPrevious, all.current));
  TRELLIS_TRY(write_certificate_file(folder_ / kBridge, bridge));
  return save_generation(folder_ / kCurrent, next);
}

Result<std::string> Authority::pin() const {
  TRELLIS_TRY_ASSIGN(const Opened all, opened(folder_, *clock_));
  return all.current.public_key_sha256();
}

Result<IssuedCertificate> Authority::issue(const std::vector<std::string>& names,
                                           Seconds lifetime) const {
  TRELLIS_TRY_ASSIGN(Opened all, opened(folder_, *clock_));
  TRELLIS_TRY_ASSIGN(IssuedCertificate issued,
                     all.current.issue(request_for(names, lifetime, all.now())));
  issued.certificate_pem = all.chain_of(issued.certificate_pem);
  TRELLIS_TRY(all.record(issued.certificate_pem, names));
  return issued;
}

Result<JoinToken> Authority::new_token(const std::vector<std::string>& names,
                                       Seconds valid_for) const {
  TRELLIS_TRY_ASSIGN(Opened all, opened(folder_, *clock_));
  std::byte bytes[32];
  os::SecureRandom().fill(bytes);
  std::string secret;
  for (const std::byte b : bytes) secret += fmt::format("{:02x}", std::to_integer<unsigned>(b));
  wipe(bytes, sizeof bytes);
  JoinToken token{all.shown_by_all().public_key_sha256(), Secret::take(secret)};
  all.state.tokens.push_back(
      {sha256_of(token.secret.reveal()), names, all.now() + valid_for, false});
  TRELLIS_TRY(all.save());
  return token;
}

Result<MemberCertificate> Authority::join(const Secret& token, std::string_view request_pem,
                                          const std::vector<std::string>& names,
                                          Seconds lifetime) const {
  TRELLIS_TRY_ASSIGN(Opened all, opened(folder_, *clock_));
  // Found by its hash: how long the search takes says nothing about the secret.
  const std::string hash = sha256_of(token.reveal());
  const auto known = std::find_if(all.state.tokens.begin(), all.state.tokens.end(),
                                  [&](const auto& one) { return one.sha256 == hash; });
  if (known == all.state.tokens.end() || known->used || known->expires < all.now()) {
    return fail(ErrorCode::Forbidden,
                "The join token is not valid: used already, expired, or of another authority. Make "
                "a new one: trellis tls ca join-token.");
  }
  if (known->names.empty()) {
    TRELLIS_TRY(all.nobody_has(names));
  } else if (!within(names, known->names)) {
    return fail(ErrorCode::Forbidden, "The join token is for other names: {}.",
                fmt::join(known->names, ", "));
  }
  known->used = true;  // in force with the record of what is signed
  return all.sign(request_pem, names, lifetime);
}

Result<MemberCertificate> Authority::renew(std::string_view shown_sha256,
                                           std::string_view request_pem, Seconds lifetime) const {
  TRELLIS_TRY_ASSIGN(Opened all, opened(folder_, *clock_));
  const auto known = std::find_if(all.state.issued.begin(), all.state.issued.end(),
                                  [&](const auto& one) { return one.sha256 == shown_sha256; });
  if (known == all.state.issued.end() || known->revoked) {
    return fail(ErrorCode::Forbidden,
                "This authority has not issued that certificate, or has revoked it. Join again "
                "with a new token: trellis tls ca join-token.");
  }
  return all.sign(request_pem, known->names, lifetime);
}

Result<size_t> Authority::revoke(std::string_view name_or_serial) const {
  TRELLIS_TRY_ASSIGN(Opened all, opened(folder_, *clock_));
  const std::string wanted(name_or_serial);
  size_t count = 0;
  for (auto& one : all.state.issued) {
    const bool meant = one.serial == wanted || has(one.names, wanted);
    if (!meant || one.revoked) continue;
    one.revoked = all.now();
    ++count;
  }
  all.forget_lists();  // before the state: a list is never older than what it is made of
  TRELLIS_TRY(all.save());
  return count;
}

Result<TrustBundle> Authority::trust() const {
  TRELLIS_TRY_ASSIGN(const Opened all, opened(folder_, *clock_));
  return all.trust();
}

Result<std::vector<IssuedRecord>> Authority::issued() const {
  TRELLIS_TRY_ASSIGN(const Opened all, opened(folder_, *clock_));
  std::vector<IssuedRecord> records;
  for (const auto& one : all.state.issued) {
    records.push_back(
        {one.names, {one.serial, one.sha256, one.not_after, {}}, one.revoked.has_value()});
  }
  return records;
}

}  // namespace trellis::tls
