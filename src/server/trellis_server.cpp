// SPDX-License-Identifier: Apache-2.0
#include "server/trellis_server.h"

#include <boost/json/object.hpp>
#include <fstream>
#include <sstream>

#include "cypher/procedures/built_in.h"
#include "dbms/dbms.h"
#include "federation/remote_graph.h"
#include "net/event_loop.h"
#include "net/worker_pool.h"
#include "os/clock.h"
#include "os/file_clock.h"
#include "server/automatic_certificates.h"
#include "server/control.h"
#include "server/data_folder.h"
#include "server/initial_password.h"
#include "server/listeners.h"
#include "server/membership.h"
#include "server/metric_sources.h"
#include "tls/acme/plan_check.h"
#include "tls/policy_store.h"

namespace trellis::server {
namespace {

constexpr uint16_t kBoltPort = 7687;

std::chrono::milliseconds in_ms(config::Duration duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration);
}

Result<std::string> read_whole_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << in.rdbuf();
  if (!in) return fail(ErrorCode::IoError, "Cannot read {}.", path);
  return std::move(bytes).str();
}

std::unique_ptr<os::Clock> clock_of(const config::TlsConfig& tls) {
  if (tls.clock_file.empty()) return std::make_unique<os::SystemClock>();
  return std::make_unique<os::FileClock>(tls.clock_file);
}

class ComposedServer final : public TrellisServer {
 public:
  ComposedServer(config::ServerConfig config, ServerLogs logs, os::InheritedSockets sockets)
      : config_(std::move(config)),
        logs_(std::move(logs)),
        clock_(clock_of(config_.tls)),
        memory_(static_cast<uint64_t>(config_.transaction.total_memory_max)),
        stores_(files_, (config_.directories.data / "databases").string(),
                static_cast<uint64_t>(config_.storage.checkpoint_interval_volume), logs_.debug),
        sockets_(std::move(sockets)),
        loop_(static_cast<size_t>(config_.query.io_threads)),
        workers_(static_cast<size_t>(config_.query.worker_count)) {}

  ~ComposedServer() override {
    if (!stopped_) (void)stop();
  }

  Result<> open() {
    TRELLIS_TRY(tls::acme::check_plan(config_));
    TRELLIS_TRY(open_policies());
    TRELLIS_TRY(open_dbms());
    TRELLIS_TRY_ASSIGN(
        membership_, Membership::open(config_, *policies_, loop_, workers_, *clock_, logs_.server));
    TRELLIS_TRY_ASSIGN(
        listeners_,
        Listeners::open(
            config_, *policies_, loop_, workers_,
            [this](dbms::ClientInfo client) { return dbms_->new_session(std::move(client)); },
            {logs_.server, logs_.debug, handshakes_}, std::move(sockets_)));
    policies_->start_watching();
    for (const auto& bolt : listeners_->bolt()) endpoints_.bolt.push_back(net::to_string(bolt));
    if (const auto http = listeners_->http()) endpoints_.http.push_back(net::to_string(*http));
    if (const auto https = listeners_->https()) endpoints_.https.push_back(net::to_string(*https));
    AdminCommands commands;
    certificates_->add_commands(commands);
    TRELLIS_TRY_ASSIGN(control_, Control::open({.config = config_,
                                                .certificates = *policies_,
                                                .listeners = *listeners_,
                                                .dbms = *dbms_,
                                                .loop = loop_,
                                                .clock = *clock_,
                                                .metrics = metrics_,
                                                .logs = logs_,
                                                .commands = std::move(commands)}));
    sample_handshakes(*metrics_, handshakes_->counts());
    certificates_->start();
    return {};
  }

  const Endpoints& endpoints() const override { return endpoints_; }
  void reload() override { policies_->reload(); }

  Result<> stop() override {
    stopped_ = true;
    control_.reset();
    certificates_.reset();
    const auto grace = in_ms(config_.transaction.shutdown_end_timeout);
    if (listeners_) listeners_->stop(grace);
    listeners_.reset();
    membership_.reset();
    Result<> closed;
    if (dbms_) closed = dbms_->close(grace);
    loop_.stop();
    workers_.stop();
    policies_.reset();  // statements may ask it until the end
    return closed;
  }

 private:
  // Before anything opens: a pair that cannot be served stops the start at once.
  Result<> open_policies() {
    TRELLIS_TRY(Membership::finish_interrupted(config_));
    tls::PolicyStoreOptions options;
    options.config = &config_;
    options.clock = clock_.get();
    options.challenges = challenges_;
    options.log = logs_.server;
    TRELLIS_TRY_ASSIGN(policies_, tls::PolicyStore::open(std::move(options)));
    TRELLIS_TRY_ASSIGN(certificates_, AutomaticCertificates::open({.config = &config_,
                                                                   .clock = clock_.get(),
                                                                   .loop = &loop_,
                                                                   .board = challenges_,
                                                                   .policies = policies_.get(),
                                                                   .metrics = metrics_,
                                                                   .log = logs_.server}));
    return {};
  }

  Result<> open_dbms() {
    federation::RemoteGraphOptions remote;
    remote.trusted_dir = config_.security.remote_trusted_dir;
    remote.clock = clock_.get();
    remote.log = logs_.debug;
    remote_graphs_ = federation::make_remote_graphs(loop_, std::move(remote));
    procedures_ = cypher::make_procedure_table(dbms::Dbms::procedures(&dbms_of_procedures_));
    cypher::Engine::Options engine_options;
    engine_options.cache_entries = static_cast<size_t>(config_.query.cache_size);
    engine_ = cypher::Engine::create(engine_options, *procedures_);

    dbms::DbmsOptions options;
    options.config = &config_;
    options.engine = engine_.get();
    options.stores = &stores_;
    options.remote_graphs = remote_graphs_.get();
    options.clock = clock_.get();
    options.certificates = policies_.get();
    options.memory = &memory_;
    options.log = logs_.server;
    options.security_log = logs_.security;
    options.query_log = logs_.query;
    options.bolt_address = advertised_bolt_address();
    options.read_file = read_whole_file;
    TRELLIS_TRY_ASSIGN(const auto password, read_initial_password(config_.directories.data));
    if (password) {
      options.initial_password_hash = password->hash;
      options.initial_password_change_required = password->change_required;
    }
    TRELLIS_TRY_ASSIGN(dbms_, dbms::Dbms::open(std::move(options)));
    dbms_of_procedures_ = dbms_.get();
    return {};
  }

  std::string advertised_bolt_address() const {
    const auto address = config_.bolt.advertised_address.value_or(config_.bolt.listen_address);
    return net::to_string({address.host, address.has_port ? address.port : kBoltPort});
  }

  // In the order of construction: what comes later uses what comes before.
  const config::ServerConfig config_;
  const ServerLogs logs_;
  const std::unique_ptr<os::Clock> clock_;
  MemoryTracker memory_;
  os::PosixFileSystem files_;
  DataFolder stores_;
  os::InheritedSockets sockets_;
  net::EventLoop loop_;
  net::WorkerPool workers_;
  const std::shared_ptr<tls::ChallengeBoard> challenges_ = std::make_shared<tls::ChallengeBoard>();
  std::unique_ptr<tls::PolicyStore> policies_;
  std::unique_ptr<AutomaticCertificates> certificates_;
  std::unique_ptr<dbms::RemoteGraphs> remote_graphs_;
  dbms::Dbms* dbms_of_procedures_ = nullptr;
  std::unique_ptr<cypher::ProcedureTable> procedures_;
  std::unique_ptr<cypher::Engine> engine_;
  std::unique_ptr<dbms::Dbms> dbms_;
  const std::shared_ptr<HandshakeLog> handshakes_ =
      std::make_shared<HandshakeLog>(logs_.server, *clock_);
  std::unique_ptr<Listeners> listeners_;
  std::unique_ptr<Membership> membership_;
  const std::shared_ptr<Metrics> metrics_ =
      std::make_shared<Metrics>(config_.metrics.prefix, config_.metrics.filter);
  std::unique_ptr<Control> control_;
  Endpoints endpoints_;
  bool stopped_ = false;
};

}  // namespace

Result<std::unique_ptr<TrellisServer>> TrellisServer::start(config::ServerConfig config,
                                                            ServerLogs logs,
                                                            os::InheritedSockets sockets) {
  auto server =
      std::make_unique<ComposedServer>(std::move(config), std::move(logs), std::move(sockets));
  TRELLIS_TRY(server->open());
  return server;
}

}  // namespace trellis::server
