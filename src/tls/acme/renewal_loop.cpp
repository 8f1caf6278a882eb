// SPDX-License-Identifier: Apache-2.0
#include "tls/acme/renewal_loop.h"

#include <algorithm>

#include "tls/acme/chain.h"
#include "tls/acme/raised_challenges.h"

namespace trellis::tls::acme {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr seconds kBetweenPresences{10};
constexpr size_t kMostCommands = 16;
constexpr size_t kMostOutcomes = 64;

}  // namespace

RenewalLoop::RenewalLoop(Options options)
    : options_(std::move(options)),
      config_(*options_.config),
      names_(config_.domains),
      issuers_{config_.issuer.directory, config_.staging_directory, config_.fallback.directory},
      around_{.config = options_.config,
              .store = options_.store.get(),
              .board = options_.board.get(),
              .responder = options_.responder,
              .clock = options_.clock,
              .stop = stop_.get(),
              .between_looks = options_.between_looks,
              .log = options_.log} {
  staging_issuer_.directory = config_.staging_directory;
  staging_issuer_.trust_file = config_.issuer.trust_file;
  const MutexLock lock(mutex_);
  status_.names = names_;
  status_.directory = config_.issuer.directory;
}

RenewalLoop::~RenewalLoop() {
  stop_->stop();
  if (thread_.joinable()) thread_.join();
  for (const SavedChallenge& challenge : foreign_) take_down(*options_.board, challenge);
  if (foreign_open_) options_.responder->close();
}

Result<> RenewalLoop::load() {
  certificate_version_ = saved_versions();
  return load_certificate();
}

void RenewalLoop::start() {
  thread_ = std::thread([this] { work(); });
}

RenewalStatus RenewalLoop::status() const {
  const MutexLock lock(mutex_);
  return status_;
}

uint64_t RenewalLoop::begin(RenewalCommand command) {
  const MutexLock lock(mutex_);
  if (commands_.size() >= kMostCommands) return 0;
  const uint64_t number = ++last_number_;
  commands_.emplace_back(number, command);
  outcomes_[number] = {};
  if (outcomes_.size() > kMostOutcomes) outcomes_.erase(outcomes_.begin());
  return number;
}

std::optional<CommandOutcome> RenewalLoop::outcome(uint64_t number) const {
  const MutexLock lock(mutex_);
  const auto found = outcomes_.find(number);
  return found == outcomes_.end() ? std::nullopt : std::optional(found->second);
}

RenewalState RenewalLoop::exchange_state(RenewalState state) {
  const MutexLock lock(mutex_);
  return std::exchange(status_.state, state);
}

// -- the thread --

void RenewalLoop::work() {
  if (auto read = read_failures(); !read) options_.log.error("{}", read.error().message());
  if (auto window = store().window(names_); window && *window) window_ = std::move(**window);
  look_for_open_order();
  do {
    step();
  } while (!stop_->wait_for(options_.between_looks));
}

void RenewalLoop::step() {
  const auto moment = steady_clock::now();
  if (!presence_ || moment - *presence_ >= kBetweenPresences) {
    store().show_presence();
    presence_ = moment;
  }
  follow_storage();
  follow_challenges();
  run_command();
  if (stop_->stopped()) return;
  check_window(options_.clock->wall());
  const Wall now = options_.clock->wall();
  const Attempt next = plan(now);
  show(next, now);
  if (pair_ && offered_renewal_ != renewal_at()) offer();
  if (next.at <= now && !stop_->stopped()) (void)try_order(next, false);  // tells what fails
}

void RenewalLoop::show(const Attempt& next, Wall now) {
  const MutexLock lock(mutex_);
  if (next.at > now) status_.state = RenewalState::kWaiting;
  status_.looked = now;
  status_.next_attempt = next.at;
  status_.next_renewal = pair_ ? std::optional(renewal_at()) : std::nullopt;
  status_.explanation_url = window_.explanation_url;
  status_.certificate_directory = certificate_ ? certificate_->directory : "";
  status_.sha256 = pair_ ? pair_->identity().sha256 : "";
  status_.not_after = pair_ ? std::optional<Wall>(pair_->identity().not_after) : std::nullopt;
}

Result<> RenewalLoop::read_failures() {
  TRELLIS_TRY_ASSIGN(failures_, store().failures(names_));
  const MutexLock lock(mutex_);
  status_.last_error.clear();
  for (const IssuerFailures& one : failures_.issuers) {
    if (one.count > 0) status_.last_error = one.error;
  }
  return {};
}

// An order that a person asked for, and that a crash cut off, must not wait for the next renewal.
void RenewalLoop::look_for_open_order() {
  unfinished_ = false;
  for (const config::AcmeIssuer* issuer : {&config_.issuer, &config_.fallback}) {
    if (issuer->directory.empty()) continue;
    const auto order = store().order(names_, issuer->directory);
    if (!order || !*order) continue;
    unfinished_ = unfinished_ || !(*order)->url.empty() || failures_.begun > 0;
  }
}

// -- what is in the storage --

Result<> RenewalLoop::load_certificate() {
  TRELLIS_TRY_ASSIGN(auto saved, newest_saved());
  if (saved) {
    TRELLIS_TRY_ASSIGN(PairPtr pair,
                       parse_pair(saved->chain_pem, saved->key_pem, saved->directory));
    serve(std::move(*saved), std::move(pair));
    return {};
  }
  if (pair_) return {};
  std::optional<Loaded> nearest = nearest_saved();
  if (!nearest) return {};
  options_.log.info("There is no certificate for {} yet; meanwhile that for {} is served.",
                    fmt::join(names_, ", "), fmt::join(nearest->saved.names, ", "));
  serve(std::move(nearest->saved), std::move(nearest->pair));
  return {};
}

// For exactly these names, from the authorities that are configured.
Result<std::optional<SavedCertificate>> RenewalLoop::newest_saved() {
  std::optional<SavedCertificate> newest;
  for (const config::AcmeIssuer* issuer : {&config_.issuer, &config_.fallback}) {
    if (issuer->directory.empty()) continue;
    TRELLIS_TRY_ASSIGN(auto saved, store().certificate(names_, issuer->directory));
    if (saved && (!newest || saved->obtained > newest->obtained)) newest = std::move(saved);
  }
  return newest;
}

// After a change of the names, or of the authority: better than none. One in force before one that
// has ended, then by the names in common, then the newest.
std::optional<RenewalLoop::Loaded> RenewalLoop::nearest_saved() {
  std::optional<Loaded> nearest;
  std::tuple<bool, size_t, Wall> best;
  const Wall now = options_.clock->wall();
  for (SavedCertificate& one : store().certificates_sharing(names_)) {
    if (one.directory == config_.staging_directory ||
        one.directory.find("staging") != std::string::npos) {
      continue;
    }
    auto pair = parse_pair(one.chain_pem, one.key_pem, one.directory);
    if (!pair) continue;
    const std::tuple rank((*pair)->identity().not_after > now,
                          common_names(one.names, names_).size(), one.obtained);
    if (nearest && rank <= best) continue;
    best = rank;
    nearest = Loaded{std::move(one), std::move(*pair)};
  }
  return nearest;
}

std::string RenewalLoop::saved_versions() {
  return store().certificate_version(names_, config_.issuer.directory) + ' ' +
         store().certificate_version(names_, config_.fallback.directory);
}

// What is served has exactly these names, and comes from an authority that is configured.
bool RenewalLoop::is_wanted() const {
  return pair_ && issuer_of(certificate_->directory) != nullptr &&
         canonical(certificate_->names) == canonical(names_);
}

void RenewalLoop::serve(SavedCertificate certificate, PairPtr pair) {
  certificate_ = std::move(certificate);
  pair_ = std::move(pair);
  offer();
}

void RenewalLoop::offer() {
  offered_renewal_ = renewal_at();
  options_.offer(pair_, offered_renewal_);
}

// Another server of the same storage may have renewed.
void RenewalLoop::follow_storage() {
  std::string version = saved_versions();
  if (version == certificate_version_) return;
  certificate_version_ = std::move(version);
  const std::string before = pair_ ? pair_->identity().sha256 : "";
  if (auto loaded = load_certificate(); !loaded) {
    options_.log.error("The saved certificate is not taken: {}", loaded.error().message());
    return;
  }
  if (auto read = read_failures(); !read) options_.log.error("{}", read.error().message());
  look_for_open_order();  // ours may have been ended by the other one
  if (pair_ && pair_->identity().sha256 != before) {
    options_.log.info("The certificate that another server obtained is served, SHA-256 {}.",
                      pair_->identity().sha256);
  }
}

// Another server orders; the authority may come to us for the answer.
void RenewalLoop::follow_challenges() {
  std::string version = store().challenges_version(names_);
  if (version == challenges_version_) return;
  challenges_version_ = std::move(version);
  auto read = store().challenges(names_);
  if (!read) {
    options_.log.warn("{}", read.error().message());
    return;
  }
  for (const SavedChallenge& challenge : foreign_) take_down(*options_.board, challenge);
  foreign_ = std::move(*read);
  bool http = false;
  for (const SavedChallenge& challenge : foreign_) {
    http = http || challenge.type == "http-01";
    if (auto up = put_up(*options_.board, challenge); !up) {
      options_.log.warn("{}", up.error().message());
    }
  }
  if (options_.responder == nullptr || http == foreign_open_) return;
  if (http) {
    if (auto open = options_.responder->open(); !open) {
      options_.log.warn("{}", open.error().message());
      return;
    }
  } else {
    options_.responder->close();
  }
  foreign_open_ = http;
}

// -- when --

const config::AcmeIssuer* RenewalLoop::issuer_of(const std::string& directory) const {
  if (directory == config_.issuer.directory) return &config_.issuer;
  if (!directory.empty() && directory == config_.fallback.directory) return &config_.fallback;
  return nullptr;
}

Wall RenewalLoop::renewal_at() const {
  const ServerIdentity& identity = pair_->identity();
  const bool known = window_.certificate_sha256 == identity.sha256;
  const auto window = known ? window_.window : std::nullopt;
  return renewal_time({identity.not_before, identity.not_after}, window, config_.renew_before,
                      lot_of(identity.sha256, window));
}

Attempt RenewalLoop::plan(Wall now) {
  (void)bring_back(failures_.issuers, now);
  Attempt attempt = next_attempt(now, issuers_, failures_.issuers);
  // A certificate for other names, or of an authority that is no longer the configured one, is
  // replaced at once.
  if (is_wanted() && !unfinished_) attempt.at = std::max(attempt.at, renewal_at());
  return attempt;
}

RenewalLoop::Line RenewalLoop::line_to(const config::AcmeIssuer& issuer) {
  Line line;
  line.transport = options_.transport(issuer, stop_);
  ClientOptions options;
  options.directory_url = issuer.directory;
  options.transport = line.transport.get();
  options.clock = options_.clock;
  options.stop = stop_.get();
  options.poll_interval = options_.poll_interval;
  line.client = std::make_unique<Client>(std::move(options));
  return line;
}

// RFC 9773: what does the authority suggest for the certificate that is served?
void RenewalLoop::check_window(Wall now) {
  if (!is_wanted()) return;
  const config::AcmeIssuer* issuer = issuer_of(certificate_->directory);
  const std::string& sha256 = pair_->identity().sha256;
  const bool known = window_.certificate_sha256 == sha256;
  if (known && now < window_.next_check && now >= window_.checked) return;
  if (!known) window_ = SavedWindow{};
  window_.certificate_sha256 = sha256;
  window_.checked = now;
  const Line line = line_to(*issuer);
  const auto directory = line.client->directory();
  const auto id = renewal_id(certificate_->chain_pem);
  if (directory && (*directory)->renewal_info.empty()) {
    window_.next_check = now + std::chrono::hours(12);
  } else if (!directory || !id) {
    window_.next_check =
        next_window_check(now, directory ? std::nullopt : directory.error().retry_after, true);
  } else if (auto info = line.client->renewal_info(*id); info) {
    window_.window = RenewalWindow{info->start, info->end};
    window_.explanation_url = info->explanation_url;
    window_.next_check = next_window_check(now, info->retry_after, false);
  } else {
    options_.log.debug("No renewal information: {}", info.error().text());
    window_.next_check = next_window_check(now, info.error().retry_after, true);
  }
  if (auto written = store().save(names_, window_); !written) {
    options_.log.warn("{}", written.error().message());
  }
}

std::string_view to_string(RenewalState state) {
  switch (state) {
    case RenewalState::kStarting:
      return "starting";
    case RenewalState::kWaiting:
      return "waiting";
    case RenewalState::kOrdering:
      return "ordering";
    case RenewalState::kElsewhere:
      return "another server orders";
  }
  TRELLIS_UNREACHABLE();
}

Result<std::unique_ptr<CertificateRenewal>> CertificateRenewal::open(Options options) {
  auto loop = std::make_unique<RenewalLoop>(std::move(options));
  TRELLIS_TRY(loop->load());
  return loop;
}

}  // namespace trellis::tls::acme
