// SPDX-License-Identifier: Apache-2.0
#include "cluster/authority_access.h"

#include "cluster/membership_messages.h"
#include "cluster/pinned_https.h"
#include "tls/readable_file.h"

namespace trellis::cluster {
namespace {

class LocalAuthority final : public AuthorityAccess {
 public:
  LocalAuthority(tls::Authority authority, MemberFiles files, std::chrono::seconds lifetime)
      : authority_(std::move(authority)), files_(std::move(files)), lifetime_(lifetime) {}

  Result<tls::MemberCertificate> renew(std::string_view request_pem) override {
    TRELLIS_TRY_ASSIGN(const Secret chain, tls::read_small_file(files_.certificate, "certificate"));
    TRELLIS_TRY_ASSIGN(const tls::IssuedFacts shown, tls::facts_of(chain.reveal()));
    return authority_.renew(shown.sha256, request_pem, lifetime_);
  }
  Result<tls::TrustBundle> trust() override { return authority_.trust(); }

 private:
  const tls::Authority authority_;
  const MemberFiles files_;
  const std::chrono::seconds lifetime_;
};

class RemoteAuthority final : public AuthorityAccess {
 public:
  RemoteAuthority(std::string address, MemberFiles files, std::chrono::milliseconds timeout,
                  const os::Clock& clock, std::shared_ptr<const tls::StopSignal> stop)
      : address_(std::move(address)),
        files_(std::move(files)),
        timeout_(timeout),
        clock_(clock),
        stop_(std::move(stop)) {}

  Result<tls::MemberCertificate> renew(std::string_view request_pem) override {
    TRELLIS_TRY_ASSIGN(const std::string body, ask(kRenewPath, renew_to_json(request_pem)));
    return read_member(body);
  }
  Result<tls::TrustBundle> trust() override {
    TRELLIS_TRY_ASSIGN(const std::string body, ask(kTrustPath, ""));
    return read_trust(body);
  }

 private:
  Result<std::string> ask(std::string_view path, std::string body) {
    HttpsCall call;
    call.url = "https://" + address_ + std::string(path);
    call.body = Secret::take(body);
    call.timeout = timeout_;
    call.clock = &clock_;
    call.stop = stop_.get();
    TRELLIS_TRY_ASSIGN(call.key_pem, tls::read_small_file(files_.key, "private key"));
    TRELLIS_TRY_ASSIGN(const Secret chain, tls::read_small_file(files_.certificate, "certificate"));
    call.certificate_pem = chain.reveal();
    TRELLIS_TRY_ASSIGN(const Secret trusted, tls::read_small_file(files_.trusted, "authority"));
    call.trusted_pem = trusted.reveal();
    return answer_of(call);
  }

  const std::string address_;
  const MemberFiles files_;
  const std::chrono::milliseconds timeout_;
  const os::Clock& clock_;
  const std::shared_ptr<const tls::StopSignal> stop_;
};

}  // namespace

std::unique_ptr<AuthorityAccess> local_authority(tls::Authority authority, MemberFiles files,
                                                 std::chrono::seconds lifetime) {
  return std::make_unique<LocalAuthority>(std::move(authority), std::move(files), lifetime);
}

std::unique_ptr<AuthorityAccess> remote_authority(std::string address, MemberFiles files,
                                                  std::chrono::milliseconds timeout,
                                                  const os::Clock& clock,
                                                  std::shared_ptr<const tls::StopSignal> stop) {
  return std::make_unique<RemoteAuthority>(std::move(address), std::move(files), timeout, clock,
                                           std::move(stop));
}

Result<tls::MemberCertificate> join_remote(const std::string& address, const tls::JoinToken& token,
                                           std::string_view request_pem,
                                           const std::vector<std::string>& names,
                                           std::chrono::milliseconds timeout) {
  HttpsCall call;
  call.url = "https://" + address + std::string(kJoinPath);
  call.body = to_json(JoinMessage{token.secret.clone(), std::string(request_pem), names});
  call.timeout = timeout;
  call.pin = token.pin;
  TRELLIS_TRY_ASSIGN(const std::string body, answer_of(call));
  return read_member(body);
}

}  // namespace trellis::cluster
