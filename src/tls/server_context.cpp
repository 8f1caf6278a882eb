// SPDX-License-Identifier: Apache-2.0
#include "tls/server_context.h"

#include <algorithm>

#include "net/certificate_names.h"
#include "tls/cipher_list.h"
#include "tls/openssl_handles.h"
#include "tls/pair_choice.h"
#include "tls/policy_material.h"
#include "tls/ticket_keys.h"
#include "tls/x509_facts.h"

namespace trellis::tls {
namespace {

constexpr std::string_view kChallengeSessions = "acme-tls/1";

// What OpenSSL's callbacks work on; lives as long as the SSL_CTX's owner.
struct ContextState {
  ServerContextParts parts;  // without its policy
  bool trust_all = false;
};

ContextState& state_of(SSL_CTX* context) {
  return *static_cast<ContextState*>(SSL_CTX_get_app_data(context));
}

// -- the client's hello --

std::string_view extension(SSL* ssl, unsigned type) {
  const unsigned char* bytes = nullptr;
  size_t size = 0;
  if (SSL_client_hello_get0_ext(ssl, type, &bytes, &size) != 1) return {};
  return {reinterpret_cast<const char*>(bytes), size};
}

size_t number(std::string_view bytes, size_t at) {
  return static_cast<size_t>(static_cast<unsigned char>(bytes[at])) << 8 |
         static_cast<unsigned char>(bytes[at + 1]);
}

// RFC 6066, 3: one list of (type, name); only host names exist. Malformed: empty, and OpenSSL
// refuses the hello afterwards.
std::string server_name(SSL* ssl) {
  const std::string_view list = extension(ssl, TLSEXT_TYPE_server_name);
  if (list.size() < 5 || list[2] != TLSEXT_NAMETYPE_host_name) return {};
  const size_t size = number(list, 3);
  return size + 5 <= list.size() ? lower_case(list.substr(5, size)) : std::string();
}

// RFC 7301, 3.1: names, each behind its length.
bool names_acme(std::string_view protocols) {
  while (!protocols.empty()) {
    const size_t size = static_cast<unsigned char>(protocols[0]);
    if (size + 1 > protocols.size()) return false;
    if (protocols.substr(1, size) == kAcmeTlsAlpn) return true;
    protocols.remove_prefix(size + 1);
  }
  return false;
}
bool wants_acme(SSL* ssl) {
  const std::string_view list = extension(ssl, TLSEXT_TYPE_application_layer_protocol_negotiation);
  return list.size() > 2 && names_acme(list.substr(2));
}

// No ticket of such a session may open another kind of connection: that would be one without a
// client certificate.
bool show_challenge(SSL* ssl, const ChallengeBoard* board, const std::string& name) {
  const PairPtr pair = board != nullptr ? board->alpn_answer(name) : nullptr;
  if (!pair) return false;
  SSL_set_verify(ssl, SSL_VERIFY_NONE, nullptr);
  SSL_set_options(ssl, SSL_OP_NO_TICKET);
  SSL_set_num_tickets(ssl, 0);
  SSL_set_session_id_context(ssl, reinterpret_cast<const unsigned char*>(kChallengeSessions.data()),
                             static_cast<unsigned>(kChallengeSessions.size()));
  return PairChoice(pair, {}).show(ssl, "");
}

int on_client_hello(SSL* ssl, int* alert, void* argument) {
  const ServerContextParts& parts = static_cast<ContextState*>(argument)->parts;
  if (wants_acme(ssl)) {
    if (show_challenge(ssl, parts.challenges.get(), server_name(ssl)))
      return SSL_CLIENT_HELLO_SUCCESS;
    *alert = SSL_AD_NO_APPLICATION_PROTOCOL;
    return SSL_CLIENT_HELLO_ERROR;
  }
  if (!parts.pairs->get()->pairs().empty()) return SSL_CLIENT_HELLO_SUCCESS;
  *alert = SSL_AD_INTERNAL_ERROR;
  return SSL_CLIENT_HELLO_ERROR;
}

// Not called for resumed sessions, which show none, nor may it change what has been agreed on.
int on_certificate(SSL* ssl, void* argument) {
  if (SSL_get_certificate(ssl) != nullptr) return 1;  // a challenge's
  const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  const ServerContextParts& parts = static_cast<ContextState*>(argument)->parts;
  return parts.pairs->get()->show(ssl, name != nullptr ? lower_case(name) : std::string()) ? 1 : 0;
}

// Whoever got this far with "acme-tls/1" has been shown a challenge. Other protocols are not
// negotiated: what is spoken shows in the first bytes.
int on_protocols(SSL*, const unsigned char** chosen, unsigned char* size, const unsigned char* list,
                 unsigned list_size, void*) {
  if (!names_acme({reinterpret_cast<const char*>(list), list_size})) return SSL_TLSEXT_ERR_NOACK;
  *chosen = reinterpret_cast<const unsigned char*>(kAcmeTlsAlpn.data());
  *size = static_cast<unsigned char>(kAcmeTlsAlpn.size());
  return SSL_TLSEXT_ERR_OK;
}

int on_ticket(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
              EVP_MAC_CTX* mac, int sealing) {
  // The context that made the connection; the hello does not change it.
  const int answer =
      state_of(SSL_get_SSL_CTX(ssl)).parts.tickets->use(name, iv, cipher, mac, sealing != 0);
  // TLS 1.3 clients use a ticket once, so that nobody can tell their connections by it (RFC 8446,
  // C.4): each resumption brings a new one.
  const bool opened = sealing == 0 && answer == TicketKeys::kGood;
  return opened && SSL_version(ssl) == TLS1_3_VERSION ? TicketKeys::kGoodButRenew : answer;
}

// -- clients' certificates --

int on_verify(X509_STORE_CTX* verification, void* argument) {
  const auto& state = *static_cast<ContextState*>(argument);
  if (state.trust_all) return 1;
  TRELLIS_ASSERT(state.parts.trust != nullptr);
  return state.parts.trust->verify(verification, *state.parts.clock) ? 1 : 0;
}

void use_client_auth(SSL_CTX* context, const config::SslPolicySettings& policy,
                     ContextState& state) {
  if (policy.client_auth == config::ClientAuth::kNone) return;
  const int demand =
      policy.client_auth == config::ClientAuth::kRequire ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0;
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | demand, nullptr);
  SSL_CTX_set_cert_verify_callback(context, &on_verify, &state);
  if (!state.parts.trust) return;
  SSL_CTX_set1_cert_store(context, state.parts.trust->store());
  NamesHandle names(sk_X509_NAME_new_null());
  for (X509* anchor : state.parts.trust->certificates()) {
    X509_NAME* name = X509_NAME_dup(X509_get_subject_name(anchor));
    if (name != nullptr) sk_X509_NAME_push(names.get(), name);
  }
  SSL_CTX_set_client_CA_list(context, names.release());
}

class FixedPolicy final : public ServedPolicy {
 public:
  FixedPolicy(config::SslScope scope, std::shared_ptr<const ServerContext> context)
      : scope_(scope), context_(std::move(context)) {}
  config::SslScope scope() const override { return scope_; }
  std::shared_ptr<const ServerContext> current() const override { return context_; }

 private:
  const config::SslScope scope_;
  const std::shared_ptr<const ServerContext> context_;
};

}  // namespace

ServedPairs::ServedPairs()
    : choice_(std::make_shared<PairChoice>(nullptr, std::vector<PairPtr>())) {}
std::shared_ptr<const PairChoice> ServedPairs::get() const {
  const MutexLock lock(mutex_);
  return choice_;
}
void ServedPairs::set(std::shared_ptr<const PairChoice> choice) {
  const MutexLock lock(mutex_);
  choice_.swap(choice);
}

Result<net::TlsContext> make_server_context(ServerContextParts parts) {
  const config::SslPolicySettings& policy = *std::exchange(parts.policy, nullptr);
  auto state = std::make_shared<ContextState>(ContextState{std::move(parts), policy.trust_all});
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  TRELLIS_ASSERT(context != nullptr);
  net::TlsContext owner(context, [state](SSL_CTX* made) { SSL_CTX_free(made); });
  SSL_CTX_set_app_data(context, state.get());
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_max_early_data(context, 0);
  // A ticket is good for one connection, which brings the next. Most drivers use none at all.
  SSL_CTX_set_num_tickets(context, 1);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  TRELLIS_TRY(use_versions_and_ciphers(context, policy));
  use_client_auth(context, policy, *state);
  SSL_CTX_set_client_hello_cb(context, &on_client_hello, state.get());
  SSL_CTX_set_cert_cb(context, &on_certificate, state.get());
  SSL_CTX_set_alpn_select_cb(context, &on_protocols, nullptr);
  SSL_CTX_set_tlsext_ticket_key_evp_cb(context, &on_ticket);
  // Resumption with client certificates needs a context name.
  const std::string_view name = to_string(policy.scope);
  SSL_CTX_set_session_id_context(context, reinterpret_cast<const unsigned char*>(name.data()),
                                 static_cast<unsigned>(name.size()));
  return owner;
}

Result<std::shared_ptr<const ServedPolicy>> serve_once(const config::SslPolicySettings& policy,
                                                       const os::Clock& clock) {
  TRELLIS_TRY_ASSIGN(PolicyMaterial material, load_material(policy));
  ServerContextParts parts;
  parts.pairs = std::make_shared<ServedPairs>();
  auto choice = material.choice();
  parts.pairs->set(choice);
  parts.tickets = std::make_shared<TicketKeys>(clock);
  parts.trust = material.trust;
  parts.clock = &clock;
  parts.policy = &policy;
  TRELLIS_TRY_ASSIGN(auto context, make_server_context(std::move(parts)));
  auto served = std::make_shared<const ServerContext>(
      ServerContext{std::move(context), choice->pairs(), material.trust});
  return std::make_shared<const FixedPolicy>(policy.scope, std::move(served));
}

}  // namespace trellis::tls
