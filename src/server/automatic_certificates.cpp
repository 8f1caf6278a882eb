// SPDX-License-Identifier: Apache-2.0
#include "server/automatic_certificates.h"

#include <boost/json.hpp>
#include <utility>

#include "os/utc_text.h"
#include "tls/acme/store.h"

namespace trellis::server {
namespace {

namespace json = boost::json;
namespace acme = tls::acme;

json::value time_value(const std::optional<acme::Wall>& time) {
  return time ? json::value(os::utc_text(*time)) : json::value(nullptr);
}

json::value text_value(const std::string& text) {
  return text.empty() ? json::value(nullptr) : json::value(text);
}

json::object status_of(const acme::RenewalStatus& status) {
  json::object answer;
  answer["state"] = to_string(status.state);
  json::array names(status.names.begin(), status.names.end());
  answer["names"] = std::move(names);
  answer["directory"] = status.directory;
  answer["termsOfService"] = text_value(status.terms_of_service);
  answer["obtainedFrom"] = text_value(status.certificate_directory);
  answer["sha256"] = text_value(status.sha256);
  answer["notAfter"] = time_value(status.not_after);
  answer["nextRenewal"] = time_value(status.next_renewal);
  answer["nextAttempt"] = time_value(status.next_attempt);
  answer["lastAttempt"] = time_value(status.last_attempt);
  answer["lastError"] = text_value(status.last_error);
  answer["lookedAt"] = time_value(status.looked);
  answer["explanation"] = text_value(status.explanation_url);
  answer["succeeded"] = status.succeeded;
  answer["failed"] = status.failed;
  return answer;
}

std::string text_argument(const json::object& arguments, std::string_view name) {
  const json::value* value = arguments.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

Result<acme::RevocationReason> reason_of(const std::string& word) {
  static constexpr std::pair<std::string_view, acme::RevocationReason> kReasons[] = {
      {"unspecified", acme::RevocationReason::kUnspecified},
      {"keyCompromise", acme::RevocationReason::kKeyCompromise},
      {"affiliationChanged", acme::RevocationReason::kAffiliationChanged},
      {"superseded", acme::RevocationReason::kSuperseded},
      {"cessationOfOperation", acme::RevocationReason::kCessationOfOperation}};
  for (const auto& [name, reason] : kReasons) {
    if (name == word) return reason;
  }
  return fail(ErrorCode::InvalidArguments,
              "'{}' is no reason for revocation. There are: unspecified, keyCompromise, "
              "affiliationChanged, superseded, cessationOfOperation.",
              word);
}

Result<acme::RenewalCommand> command_of(const json::object& arguments) {
  using What = acme::RenewalCommand::What;
  acme::RenewalCommand command;
  const std::string word = text_argument(arguments, "command");
  if (word == "renew") {
    command.what = What::kRenew;
  } else if (word == "revoke") {
    command.what = What::kRevoke;
  } else if (word == "account rollover") {
    command.what = What::kRollKey;
  } else if (word == "account deactivate") {
    command.what = What::kDeactivate;
  } else {
    return fail(ErrorCode::InvalidArguments, "There is no command '{}'.", word);
  }
  if (const std::string reason = text_argument(arguments, "reason"); !reason.empty()) {
    TRELLIS_TRY_ASSIGN(command.reason, reason_of(reason));
  }
  const json::value* fallback = arguments.if_contains("fallback");
  command.fallback = fallback != nullptr && fallback->is_bool() && fallback->get_bool();
  return command;
}

Result<json::object> begin(acme::CertificateRenewal& renewal, const json::object& arguments) {
  TRELLIS_TRY_ASSIGN(const acme::RenewalCommand command, command_of(arguments));
  const uint64_t number = renewal.begin(command);
  if (number == 0) {
    return fail(ErrorCode::InvalidArguments, "Too many commands wait already; try again later.");
  }
  return json::object{{"number", number}};
}

Result<json::object> outcome(const acme::CertificateRenewal& renewal,
                             const json::object& arguments) {
  const json::value* number = arguments.if_contains("number");
  const auto found = number != nullptr && number->is_int64() && number->get_int64() > 0
                         ? renewal.outcome(static_cast<uint64_t>(number->get_int64()))
                         : std::nullopt;
  if (!found) return fail(ErrorCode::InvalidArguments, "There is no command of that number.");
  return json::object{{"done", found->done}, {"failed", found->failed}, {"text", found->text}};
}

// Tells of the authority's clock with each of its answers.
class DatedTransport final : public acme::AcmeTransport {
 public:
  DatedTransport(std::unique_ptr<AcmeTransport> inner, std::string authority,
                 tls::PolicyStore& policies)
      : inner_(std::move(inner)), authority_(std::move(authority)), policies_(policies) {}

  acme::Answer<acme::HttpResponse> exchange(const acme::HttpRequest& request) override {
    auto response = inner_->exchange(request);
    const auto date = response ? response->date() : std::nullopt;
    if (date) policies_.clock_seen(authority_, *date);
    return response;
  }

 private:
  const std::unique_ptr<AcmeTransport> inner_;
  const std::string authority_;
  tls::PolicyStore& policies_;
};

}  // namespace

AutomaticCertificates::AutomaticCertificates(Options options)
    : options_(std::move(options)),
      crash_(std::make_shared<os::CrashPoint>(options_.config->tls.crash_at)) {}

// The loop first: it uses the listener.
AutomaticCertificates::~AutomaticCertificates() { renewal_.reset(); }

Result<std::unique_ptr<AutomaticCertificates>> AutomaticCertificates::open(Options options) {
  std::unique_ptr<AutomaticCertificates> made(new AutomaticCertificates(std::move(options)));
  TRELLIS_TRY(made->open_listener());
  if (made->options_.config->tls.acme.enabled) TRELLIS_TRY(made->open_renewal());
  return made;
}

Result<> AutomaticCertificates::open_listener() {
  const config::AcmeConfig& acme = options_.config->tls.acme;
  const bool orders = acme.enabled && acme.challenge == config::AcmeChallenge::kHttp01;
  if (!orders && !acme.http_webroot) return {};
  ChallengeListener::Options listener;
  listener.config = &acme;
  listener.board = options_.board;
  listener.loop = options_.loop;
  if (options_.config->http.https.enabled) {
    listener.https_port = options_.config->http.https.listen_address.port;
  }
  listener.log = options_.log;
  listener_ = std::make_unique<ChallengeListener>(std::move(listener));
  return listener_->start();
}

void AutomaticCertificates::start() {
  if (renewal_) renewal_->start();
}

Result<> AutomaticCertificates::open_renewal() {
  const config::AcmeConfig& config = options_.config->tls.acme;
  acme::FolderStoreOptions folder;
  folder.folder = config.storage_directory;
  folder.log = options_.log;
  folder.before_write = [crash = crash_](const char*) { crash->pass(); };
  acme::CertificateRenewal::Options renewal;
  renewal.config = &config;
  TRELLIS_TRY_ASSIGN(renewal.store, acme::open_folder_store(std::move(folder)));
  renewal.board = options_.board;
  renewal.responder = listener_.get();
  renewal.clock = options_.clock;
  renewal.transport = [&config, crash = crash_, policies = options_.policies](
                          const config::AcmeIssuer& issuer, std::shared_ptr<tls::StopSignal> stop) {
    acme::HttpsOptions https;
    https.trust_file = issuer.trust_file;
    https.timeout = config.request_timeout;
    https.stop = std::move(stop);
    auto dated = std::make_unique<DatedTransport>(acme::make_https_transport(std::move(https)),
                                                  issuer.directory, *policies);
    return acme::make_watched_transport(std::move(dated), [crash](const acme::HttpRequest&) {
      crash->pass();
      return std::nullopt;
    });
  };
  renewal.offer = [policies = options_.policies](tls::PairPtr pair,
                                                 std::optional<acme::Wall> next_renewal) {
    policies->offer(std::move(pair), next_renewal);
  };
  renewal.on_failure = [policies = options_.policies](std::string reason) {
    policies->acme_failed(std::move(reason));
  };
  renewal.count_attempt = [metrics = options_.metrics](bool succeeded) {
    metrics->count(Counted::kAcmeAttempts, succeeded ? "success" : "failure");
  };
  if (!options_.config->tls.clock_file.empty()) {
    renewal.between_looks = std::chrono::milliseconds(50);
    renewal.poll_interval = std::chrono::milliseconds(20);
  }
  renewal.log = options_.log;
  TRELLIS_TRY_ASSIGN(renewal_, acme::CertificateRenewal::open(std::move(renewal)));
  return {};
}

void AutomaticCertificates::add_commands(AdminCommands& commands) const {
  const auto on = [this](auto answer) -> AdminHandler {
    return [this, answer](const json::object& arguments) -> Result<json::object> {
      if (!renewal_) {
        return fail(ErrorCode::InvalidConfiguration,
                    "This server obtains no certificates: server.tls.acme.enabled is false.");
      }
      return answer(*renewal_, arguments);
    };
  };
  commands["tls.acme.status"] = on([](auto& renewal, const json::object&) -> Result<json::object> {
    return status_of(renewal.status());
  });
  commands["tls.acme.begin"] = on(begin);
  commands["tls.acme.outcome"] = on(outcome);
}

}  // namespace trellis::server
