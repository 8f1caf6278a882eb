// SPDX-License-Identifier: Apache-2.0
#include "tls/trust.h"

#include <algorithm>

#include "net/certificate_names.h"
#include "os/shell_word.h"
#include "tls/findings/known_authorities.h"
#include "tls/openssl_handles.h"
#include "tls/pem.h"
#include "tls/readable_file.h"

namespace trellis::tls {
namespace {

using KeyIdHandle = std::unique_ptr<AUTHORITY_KEYID, Freed<AUTHORITY_KEYID_free>>;

struct List {
  CrlHandle crl;
  KeyIdHandle issuer_key;  // may be null
};

// An authority that was made anew under its old name has other keys, and its own serial numbers.
bool has_another_key(const List& list, const ASN1_OCTET_STRING* id) {
  if (!list.issuer_key || list.issuer_key->keyid == nullptr) return false;
  return id != nullptr && ASN1_OCTET_STRING_cmp(id, list.issuer_key->keyid) != 0;
}

bool of_another_key(const List& list, X509* certificate) {
  return has_another_key(list, X509_get0_authority_key_id(certificate));
}

bool speaks_of(const List& list, X509* certificate) {
  return X509_NAME_cmp(X509_CRL_get_issuer(list.crl.get()), X509_get_issuer_name(certificate)) ==
             0 &&
         !of_another_key(list, certificate);
}

class LoadedTrust final : public Trust {
 public:
  const std::vector<Anchor>& anchors() const override { return anchors_; }
  const std::vector<RevocationList>& revocation_lists() const override { return facts_; }
  const std::string& digest() const override { return digest_; }
  X509_STORE* store() const override { return store_.get(); }
  const std::vector<X509*>& certificates() const override { return borrowed_; }

  bool verify(X509_STORE_CTX* verification, const os::Clock& clock) const override {
    // To OpenSSL a time that is set counts more than the wish not to look at it.
    if (!accept_expired_) {
      const auto now = clock.wall().time_since_epoch();
      X509_STORE_CTX_set_time(verification, 0,
                              std::chrono::duration_cast<std::chrono::seconds>(now).count());
    }
    if (X509_verify_cert(verification) != 1) return false;
    return lists_.empty() || check_revocation(verification);
  }

  Result<> load(const TrustFiles& files) {
    store_.reset(X509_STORE_new());
    TRELLIS_ASSERT(store_ != nullptr);
    X509_STORE_set_flags(store_.get(), X509_V_FLAG_PARTIAL_CHAIN);
    accept_expired_ = files.accept_expired;
    if (files.accept_expired) X509_STORE_set_flags(store_.get(), X509_V_FLAG_NO_CHECK_TIME);
    TRELLIS_TRY(load_anchors(files.trusted_dir));
    TRELLIS_TRY(load_lists(files.revoked_dir));
    std::string all;
    std::vector<std::string> digests;
    for (X509* certificate : borrowed_) digests.push_back("+" + sha256_of(certificate));
    for (const List& list : lists_) digests.push_back("-" + sha256_of(list.crl.get()));
    std::sort(digests.begin(), digests.end());
    digests.erase(std::unique(digests.begin(), digests.end()), digests.end());
    for (const auto& digest : digests) all += digest;
    digest_ = sha256_of(std::string_view(all));
    return {};
  }

  // By the system's store, which is large.
  void find_public_ones() {
    if (anchors_.empty()) return;
    KnownAuthorities known;
    for (size_t i = 0; i < anchors_.size(); ++i) {
      anchors_[i].publicly_trusted = known.is_public(borrowed_[i], borrowed_);
    }
  }

 private:
  Result<> load_anchors(const std::filesystem::path& directory) {
    TRELLIS_TRY_ASSIGN(const auto files, files_in(directory));
    for (const auto& file : files) {
      TRELLIS_TRY_ASSIGN(auto certificates, load_certificates(file));
      for (auto& certificate : certificates) {
        X509* x509 = certificate.get();
        // Already there (the same file twice) is no error to OpenSSL 3.
        if (X509_STORE_add_cert(store_.get(), x509) != 1) {
          return fail(ErrorCode::InvalidConfiguration,
                      "Failed to create trust manager based on: {}: OpenSSL refuses {} ({}).",
                      directory.string(), file.string(), openssl_reason());
        }
        anchors_.push_back(facts_of(x509, file));
        borrowed_.push_back(x509);
        certificates_.push_back(std::move(certificate));
      }
    }
    return {};
  }

  Result<> load_lists(const std::filesystem::path& directory) {
    TRELLIS_TRY_ASSIGN(const auto files, files_in(directory));
    for (const auto& file : files) {
      TRELLIS_TRY_ASSIGN(auto lists, load_revocation_lists(file));
      for (auto& crl : lists) {
        facts_.push_back(facts_of(crl.get(), file));
        KeyIdHandle key(static_cast<AUTHORITY_KEYID*>(
            X509_CRL_get_ext_d2i(crl.get(), NID_authority_key_identifier, nullptr, nullptr)));
        lists_.push_back({std::move(crl), std::move(key)});
        TRELLIS_TRY(check_signature(lists_.back(), facts_.back()));
      }
    }
    return {};
  }

  // In force, a list that is not its issuer's would lock everybody out.
  Result<> check_signature(const List& list, const RevocationList& fact) const {
    bool has_issuer = false;
    for (X509* anchor : borrowed_) {
      if (X509_NAME_cmp(X509_get_subject_name(anchor), X509_CRL_get_issuer(list.crl.get())) != 0 ||
          has_another_key(list, X509_get0_subject_key_id(anchor))) {
        continue;
      }
      has_issuer = true;
      const bool signed_it = X509_CRL_verify(list.crl.get(), X509_get0_pubkey(anchor)) == 1;
      ERR_clear_error();
      if (signed_it) return {};
    }
    if (!has_issuer) return {};
    return fail(ErrorCode::InvalidConfiguration,
                "The revocation list {} bears the name of '{}', but the authority of that name "
                "that is trusted here has not signed it. Put the list of that authority there, or "
                "take this one away: rm {}",
                fact.file.string(), fact.issuer, os::shell_word(fact.file.string()));
  }

  bool check_revocation(X509_STORE_CTX* verification) const {
    STACK_OF(X509)* chain = X509_STORE_CTX_get0_chain(verification);
    for (int depth = 0; depth < sk_X509_num(chain); ++depth) {
      X509* certificate = sk_X509_value(chain, depth);
      // Nobody but an issuer in the chain can be asked whether the list is genuine.
      X509* issuer = depth + 1 < sk_X509_num(chain) ? sk_X509_value(chain, depth + 1) : nullptr;
      const int wrong = judge(certificate, issuer);
      if (wrong == X509_V_OK) continue;
      X509_STORE_CTX_set_error(verification, wrong);
      X509_STORE_CTX_set_error_depth(verification, depth);
      X509_STORE_CTX_set_current_cert(verification, certificate);
      const auto callback = X509_STORE_CTX_get_verify_cb(verification);
      if (callback == nullptr || callback(0, verification) != 1) return false;
    }
    return true;
  }

  int judge(X509* certificate, X509* issuer) const {
    int found = X509_V_OK;
    for (const List& list : lists_) {
      X509_REVOKED* entry = nullptr;
      // Looks at the entry's own issuer too, where the list is an indirect one.
      if (!of_another_key(list, certificate) &&
          X509_CRL_get0_by_cert(list.crl.get(), &entry, certificate) != 0) {
        return X509_V_ERR_CERT_REVOKED;
      }
      if (issuer == nullptr || !speaks_of(list, certificate)) continue;
      if (X509_CRL_verify(list.crl.get(), X509_get0_pubkey(issuer)) != 1) {
        found = X509_V_ERR_CRL_SIGNATURE_FAILURE;
      }
      ERR_clear_error();
    }
    return found;
  }

  bool accept_expired_ = false;
  StoreHandle store_;
  std::vector<CertificateHandle> certificates_;
  std::vector<X509*> borrowed_;
  std::vector<List> lists_;
  std::vector<Anchor> anchors_;
  std::vector<RevocationList> facts_;
  std::string digest_;
};

}  // namespace

Anchor facts_of(x509_st* certificate, std::filesystem::path file) {
  return {net::subject_of(certificate), std::move(file), to_time(X509_get0_notAfter(certificate)),
          X509_check_ca(certificate) > 0, false};
}

RevocationList facts_of(const X509_crl_st* list, std::filesystem::path file) {
  RevocationList facts{net::to_rfc2253(X509_CRL_get_issuer(list)), std::move(file),
                       to_time(X509_CRL_get0_lastUpdate(list)), std::nullopt};
  if (const ASN1_TIME* next = X509_CRL_get0_nextUpdate(list)) facts.next_update = to_time(next);
  return facts;
}

Result<TrustPtr> load_trust(const TrustFiles& files, const TrustPtr& old) {
  auto trust = std::make_shared<LoadedTrust>();
  TRELLIS_TRY(trust->load(files));
  if (old && old->digest() == trust->digest()) return old;
  trust->find_public_ones();
  return trust;
}

}  // namespace trellis::tls
