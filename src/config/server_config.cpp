// SPDX-License-Identifier: Apache-2.0
#include "config/server_config.h"

#include <algorithm>

#include "config/shared_port.h"
#include "os/limits.h"

namespace trellis::config {
namespace {

template <class Enum>
Enum level_of(std::string_view word, std::string_view first, std::string_view second, Enum a,
              Enum b, Enum otherwise) {
  return word == first ? a : word == second ? b : otherwise;
}

QueryLogLevel query_log_level(std::string_view word) {
  return level_of(word, "OFF", "INFO", QueryLogLevel::kOff, QueryLogLevel::kInfo,
                  QueryLogLevel::kVerbose);
}

LogLevel log_level(std::string_view word) {
  if (word == "DEBUG") return LogLevel::kDebug;
  if (word == "WARN") return LogLevel::kWarn;
  if (word == "ERROR") return LogLevel::kError;
  return word == "NONE" ? LogLevel::kNone : LogLevel::kInfo;
}

HttpListener http_listener(const Configuration& c, const std::string& prefix) {
  return HttpListener{c.boolean(prefix + "enabled"), c.listen_address(prefix + "listen_address"),
                      c.advertised_address(prefix + "advertised_address")};
}

// A setting that has a former name: the new one wins when both are set.
int64_t renamed_integer(const Configuration& c, std::string_view name, std::string_view former) {
  return c.integer(!c.is_set(name) && c.is_set(former) ? former : name);
}

#if TRELLIS_TEST_CLOCK
Result<> refuse_test_settings(const TlsConfig&) { return {}; }
#else
Result<> refuse_test_settings(const TlsConfig& tls) {
  if (tls.clock_file.empty() && tls.crash_at == 0) return {};
  return fail(ErrorCode::InvalidConfiguration,
              "{} is for builds that test (cmake -DTRELLIS_TEST_CLOCK=ON), and this is none: a "
              "server whose clock can be moved would take expired certificates. Remove the line.",
              tls.clock_file.empty() ? "internal.tls.crash_at" : "internal.tls.clock_file");
}
#endif

// A scope without a policy of its own serves what the ACME authority gives, and asks nobody for a
// client certificate.
void serve_obtained_certificate(ServerConfig& s) {
  for (const SslScope scope : {SslScope::kBolt, SslScope::kHttps}) {
    SslPolicySettings& policy = s.ssl.by_scope[static_cast<size_t>(scope)];
    if (policy.enabled) continue;
    policy.enabled = true;
    policy.obtained = true;
    policy.client_auth = ClientAuth::kNone;
  }
}

// Encryption was asked for where nothing says with which certificate: both ways to one.
tl::unexpected<Error> no_certificate(std::string_view asked_for, const SslPolicySettings& policy) {
  return fail(ErrorCode::InvalidConfiguration,
              "{} asks for a certificate, and there is none. Either obtain it from Let's Encrypt: "
              "server.tls.acme.enabled=true and server.tls.acme.domains=NAME. Or bring your own: "
              "dbms.ssl.policy.{}.enabled=true, with private.key and public.crt in {}. "
              "docs/tls.md shows both.",
              asked_for, to_string(policy.scope), policy.base_directory.string());
}

}  // namespace

DirectoriesConfig directories_config(const Configuration& c) {
  DirectoriesConfig d;
  d.home = c.home();
  d.configuration = *c.path("server.directories.configuration");
  d.data = *c.path("server.directories.data");
  d.transaction_logs = *c.path("server.directories.transaction.logs.root");
  d.dumps = *c.path("server.directories.dumps.root");
  d.scripts = *c.path("server.directories.script.root");
  d.cluster_state = *c.path("server.directories.cluster_state");
  d.logs = *c.path("server.directories.logs");
  d.certificates = *c.path("trellis.directories.certificates");
  d.run = *c.path("server.directories.run");
  d.metrics = *c.path("server.directories.metrics");
  d.seeds = *c.path("server.directories.seeds");
  d.import = c.path("server.directories.import");
  return d;
}

BoltConfig bolt_config(const Configuration& c) {
  BoltConfig b;
  b.enabled = c.boolean("server.bolt.enabled");
  b.listen_address = c.listen_address("server.bolt.listen_address");
  b.additional_listen_addresses = c.listen_addresses("server.bolt.additional_listen_addresses");
  b.advertised_address = c.advertised_address("server.bolt.advertised_address");
  b.tls_level = level_of(c.enumeration("server.bolt.tls_level"), "REQUIRED", "OPTIONAL",
                         TlsLevel::kRequired, TlsLevel::kOptional, TlsLevel::kDisabled);
  b.ocsp_stapling = c.boolean("server.bolt.ocsp_stapling_enabled");
  b.keep_alive = c.duration("server.bolt.connection_keep_alive");
  const std::string requests = c.enumeration("server.bolt.connection_keep_alive_for_requests");
  b.keep_alive_streaming_only = requests == "STREAMING";
  b.keep_alive_off = requests == "OFF";
  b.keep_alive_probes = c.integer("server.bolt.connection_keep_alive_probes");
  b.thread_pool_max_size = c.integer("server.bolt.thread_pool_max_size");
  b.telemetry = c.boolean("server.bolt.telemetry.enabled");
  b.max_connections = c.integer("trellis.bolt.max_connections");
  b.max_message_size = c.byte_size("trellis.bolt.max_message_size");
  b.max_unauthenticated_message_size = c.byte_size("trellis.bolt.max_unauthenticated_message_size");
  b.authentication_timeout = c.duration("trellis.bolt.authentication_timeout");
  return b;
}

HttpConfig http_config(const Configuration& c) {
  HttpConfig h;
  h.http = http_listener(c, "server.http.");
  h.https = http_listener(c, "server.https.");
  const auto modules = c.list_of("server.http_enabled_modules");
  auto has = [&modules](std::string_view name) {
    return std::find(modules.begin(), modules.end(), name) != modules.end();
  };
  h.transactional_endpoints = has("TRANSACTIONAL_ENDPOINTS");
  h.query_api = has("QUERY_API_ENDPOINTS");
  h.browser = has("BROWSER");
  h.management_endpoints = has("ENTERPRISE_MANAGEMENT_ENDPOINTS");
  h.transaction_idle_timeout = c.duration("server.http.transaction_idle_timeout");
  h.query_api_transaction_idle_timeout = c.duration("server.queryapi.transaction_idle_timeout");
  h.allow_origin = c.string("dbms.security.http_access_control_allow_origin");
  h.strict_transport_security = c.string("dbms.security.http_strict_transport_security");
  h.content_security_policy = c.string("dbms.security.http_static_content_security_policy_header");
  h.auth_allowlist = c.list_of("dbms.security.http_auth_allowlist");
  h.request_log = c.boolean("dbms.logs.http.enabled");
  h.max_connections = c.integer("trellis.http.max_connections");
  h.max_body_size = c.byte_size("trellis.http.max_body_size");
  return h;
}

SecurityConfig security_config(const Configuration& c) {
  SecurityConfig s;
  s.auth_enabled = c.boolean("dbms.security.auth_enabled");
  s.minimum_password_length = c.integer("dbms.security.auth_minimum_password_length");
  s.max_failed_attempts = c.integer("dbms.security.auth_max_failed_attempts");
  s.lock_time = c.duration("dbms.security.auth_lock_time");
  s.auth_cache_ttl = c.duration("dbms.security.auth_cache_ttl");
  s.auth_cache_use_ttl = c.boolean("dbms.security.auth_cache_use_ttl");
  s.auth_cache_capacity = c.integer("dbms.security.auth_cache_max_capacity");
  s.authentication_providers = c.list_of("dbms.security.authentication_providers");
  s.authorization_providers = c.list_of("dbms.security.authorization_providers");
  s.require_local_user = c.boolean("dbms.security.require_local_user");
  s.log_successful_authentication = c.boolean("dbms.security.log_successful_authentication");
  s.cluster_status_auth_enabled = c.boolean("dbms.security.cluster_status_auth_enabled");
  s.tls_reload_enabled = c.boolean("dbms.security.tls_reload_enabled");
  s.procedures_allowlist = c.list_of("dbms.security.procedures.allowlist");
  s.procedures_unrestricted = c.list_of("dbms.security.procedures.unrestricted");
  s.allow_csv_from_file_urls = c.boolean("dbms.security.allow_csv_import_from_file_urls");
  s.keystore_path = c.path("dbms.security.keystore.path");
  s.keystore_password = c.secret("dbms.security.keystore.password");
  s.key_name = c.string("dbms.security.key.name");
  s.remote_trusted_dir = *c.path("trellis.security.remote.trusted_dir");
  return s;
}

TransactionConfig transaction_config(const Configuration& c) {
  TransactionConfig t;
  t.timeout = c.duration("db.transaction.timeout");
  t.lock_acquisition_timeout = c.duration("db.lock.acquisition.timeout");
  t.bookmark_ready_timeout = c.duration("db.transaction.bookmark_ready_timeout");
  t.monitor_check_interval = c.duration("db.transaction.monitor.check.interval");
  t.shutdown_end_timeout = c.duration("db.shutdown_transaction_end_timeout");
  t.concurrent_maximum = c.integer("db.transaction.concurrent.maximum");
  t.memory_max = c.byte_size("db.memory.transaction.max");
  t.database_memory_max = c.byte_size("db.memory.transaction.total.max");
  auto total = c.optional_byte_size("dbms.memory.transaction.total.max");
  t.total_memory_max = total.value_or(static_cast<int64_t>(os::memory_size() / 10 * 7));
  t.track_cpu_time = c.boolean("db.track_query_cpu_time");
  t.tracing_level = c.enumeration("db.transaction.tracing.level");
  t.sampling_percentage = c.integer("db.transaction.sampling.percentage");
  return t;
}

StorageConfig storage_config(const Configuration& c) {
  StorageConfig s;
  const std::string policy = c.enumeration("db.checkpoint");
  s.checkpoint_policy = policy == "CONTINUOUS"   ? CheckpointPolicy::kContinuous
                        : policy == "VOLUME"     ? CheckpointPolicy::kVolume
                        : policy == "VOLUMETRIC" ? CheckpointPolicy::kVolumetric
                                                 : CheckpointPolicy::kPeriodic;
  s.checkpoint_interval_time = c.duration("db.checkpoint.interval.time");
  s.checkpoint_interval_transactions = c.integer("db.checkpoint.interval.tx");
  s.checkpoint_interval_volume = c.byte_size("db.checkpoint.interval.volume");
  s.checkpoint_iops_limit = c.integer("db.checkpoint.iops.limit");
  s.log_rotation_size = c.byte_size("db.tx_log.rotation.size");
  s.log_retention_policy = c.string("db.tx_log.rotation.retention_policy");
  s.log_preallocate = c.boolean("db.tx_log.preallocate");
  s.fail_on_missing_files = c.boolean("db.recovery.fail_on_missing_files");
  return s;
}

QueryConfig query_config(const Configuration& c) {
  QueryConfig q;
  q.planner = c.enumeration("dbms.cypher.planner");
  q.min_replan_interval = c.duration("dbms.cypher.min_replan_interval");
  q.statistics_divergence_threshold = c.number("dbms.cypher.statistics_divergence_threshold");
  q.hints_error = c.boolean("dbms.cypher.hints_error");
  q.lenient_create_relationship = c.boolean("dbms.cypher.lenient_create_relationship");
  q.forbid_exhaustive_shortest_path = c.boolean("dbms.cypher.forbid_exhaustive_shortestpath");
  q.forbid_shortest_path_common_nodes = c.boolean("dbms.cypher.forbid_shortestpath_common_nodes");
  q.render_plan_description = c.boolean("dbms.cypher.render_plan_description");
  q.cache_size = renamed_integer(c, "server.memory.query_cache.per_db_cache_num_entries",
                                 "server.db.query_cache_size");
  q.worker_limit = c.integer("server.cypher.parallel.worker_limit");
  q.worker_count = c.optional_integer("server.threads.worker_count")
                       .value_or(static_cast<int64_t>(os::processor_count()));
  q.io_threads = c.optional_integer("trellis.threads.io_count").value_or(0);
  q.default_language = c.enumeration("db.query.default_language");
  q.temporal_time_zone = c.string("db.temporal.timezone");
  q.csv_buffer_size = c.integer("db.import.csv.buffer_size");
  q.csv_legacy_quote_escaping = c.boolean("db.import.csv.legacy_quote_escaping");
  return q;
}

DatabasesConfig databases_config(const Configuration& c) {
  DatabasesConfig d;
  d.initial_default_database = c.string("initial.dbms.default_database");
  d.max_databases = renamed_integer(c, "dbms.max_databases", "server.max_databases");
  d.default_to_read_only = c.boolean("server.databases.default_to_read_only");
  d.read_only = c.list_of("server.databases.read_only");
  d.writable = c.list_of("server.databases.writable");
  return d;
}

RoutingConfig routing_config(const Configuration& c) {
  RoutingConfig r;
  r.enabled = c.boolean("dbms.routing.enabled");
  r.server_side_by_default = c.enumeration("dbms.routing.default_router") == "SERVER";
  r.ttl = c.duration("dbms.routing_ttl");
  r.client_side_domains = c.list_of("dbms.routing.client_side.enforce_for_domains");
  r.reads_on_primaries = c.boolean("dbms.routing.reads_on_primaries_enabled");
  r.reads_on_writers = c.boolean("dbms.routing.reads_on_writers_enabled");
  r.connect_timeout = c.duration("dbms.routing.driver.connection.connect_timeout");
  r.max_lifetime = c.duration("dbms.routing.driver.connection.max_lifetime");
  r.acquisition_timeout = c.duration("dbms.routing.driver.connection.pool.acquisition_timeout");
  r.idle_test = c.optional_duration("dbms.routing.driver.connection.pool.idle_test");
  r.max_pool_size = c.integer("dbms.routing.driver.connection.pool.max_size");
  r.logging_level = c.enumeration("dbms.routing.driver.logging.level");
  return r;
}

LogConfig log_config(const Configuration& c) {
  LogConfig l;
  l.directory = *c.path("server.directories.logs");
  l.debug_enabled = c.boolean("server.logs.debug.enabled");
  l.level = log_level(c.enumeration("trellis.logs.level"));
  l.local_time = c.enumeration("dbms.db.timezone") == "SYSTEM";
  l.rotation_size = c.byte_size("trellis.logs.rotation.size");
  l.rotation_keep = c.integer("trellis.logs.rotation.keep_number");
  l.query = query_log_level(c.enumeration("db.logs.query.enabled"));
  l.query_threshold = c.duration("db.logs.query.threshold");
  l.query_parameters = c.boolean("db.logs.query.parameter_logging_enabled");
  l.query_obfuscate_literals = c.boolean("db.logs.query.obfuscate_literals");
  l.query_plan = c.boolean("db.logs.query.plan_description_enabled");
  l.query_early = c.boolean("db.logs.query.early_raw_logging_enabled");
  l.query_max_parameter_length = c.integer("db.logs.query.max_parameter_length");
  l.query_transactions = query_log_level(c.enumeration("db.logs.query.transaction.enabled"));
  l.query_transaction_threshold = c.duration("db.logs.query.transaction.threshold");
  l.annotation_format = c.enumeration("db.logs.query.annotation_data_format");
  l.http = c.boolean("dbms.logs.http.enabled");
  return l;
}

MetricsConfig metrics_config(const Configuration& c) {
  MetricsConfig m;
  m.enabled = c.boolean("server.metrics.enabled");
  m.prometheus_enabled = c.boolean("server.metrics.prometheus.enabled");
  m.prometheus_endpoint = c.listen_address("server.metrics.prometheus.endpoint");
  m.prefix = c.string("server.metrics.prefix");
  m.filter = c.list_of("server.metrics.filter");
  return m;
}

Result<ServerConfig> server_config(std::shared_ptr<const Configuration> c) {
  ServerConfig s;
  s.directories = directories_config(*c);
  s.bolt = bolt_config(*c);
  s.http = http_config(*c);
  s.ssl = ssl_policies(*c);
  s.tls = tls_config(*c);
  s.security = security_config(*c);
  s.transaction = transaction_config(*c);
  s.storage = storage_config(*c);
  s.query = query_config(*c);
  s.databases = databases_config(*c);
  s.routing = routing_config(*c);
  s.log = log_config(*c);
  s.metrics = metrics_config(*c);
  s.all = std::move(c);
  TRELLIS_TRY(refuse_test_settings(s.tls));
  if (s.tls.acme.enabled) serve_obtained_certificate(s);
  if (s.bolt.tls_level != TlsLevel::kDisabled && !s.ssl.of(SslScope::kBolt).enabled) {
    return no_certificate("server.bolt.tls_level=" + s.all->enumeration("server.bolt.tls_level"),
                          s.ssl.of(SslScope::kBolt));
  }
  TRELLIS_TRY(check_shared_port(s));
  if (s.http.https.enabled && !s.ssl.of(SslScope::kHttps).enabled &&
      !https_shares_port_of_bolt(s)) {
    return no_certificate("server.https.enabled=true", s.ssl.of(SslScope::kHttps));
  }
  if (s.security.auth_enabled && s.security.authentication_providers.empty()) {
    return fail(ErrorCode::InvalidConfiguration,
                "dbms.security.authentication_providers is empty: nobody could log in.");
  }
  return s;
}

}  // namespace trellis::config
