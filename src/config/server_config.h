// SPDX-License-Identifier: Apache-2.0
//
// The settings as typed structs, one per concern, made once at start from a Configuration and
// handed down by the composition root. Paths are absolute. Durations are nanoseconds; 0 means "no
// limit" where the manual says so. Structs that hold a Secret move and do not copy.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/secret.h"
#include "config/configuration.h"
#include "config/ssl_policy.h"
#include "config/tls_config.h"
#include "config/values.h"

namespace trellis::config {

struct DirectoriesConfig {
  std::filesystem::path home;
  std::filesystem::path configuration;
  std::filesystem::path data;
  std::filesystem::path transaction_logs;
  std::filesystem::path dumps;
  std::filesystem::path scripts;
  std::filesystem::path cluster_state;
  std::filesystem::path logs;
  std::filesystem::path certificates;
  std::filesystem::path run;
  std::filesystem::path metrics;
  std::filesystem::path seeds;
  std::optional<std::filesystem::path> import;  // none: file:/// URLs are not confined
};

enum class TlsLevel : uint8_t { kDisabled, kOptional, kRequired };

struct BoltConfig {
  bool enabled = true;
  SocketAddress listen_address;
  std::vector<SocketAddress> additional_listen_addresses;
  std::optional<SocketAddress> advertised_address;  // none: ROUTE answers with the client's own
  TlsLevel tls_level = TlsLevel::kDisabled;
  bool ocsp_stapling = false;
  Duration keep_alive;  // NOOP interval
  bool keep_alive_streaming_only = false;
  bool keep_alive_off = false;
  int64_t keep_alive_probes = 2;
  int64_t thread_pool_max_size = 400;
  bool telemetry = false;
  int64_t max_connections = 0;   // trellis.bolt.max_connections
  int64_t max_message_size = 0;  // bytes, once authenticated
  int64_t max_unauthenticated_message_size = 0;
  Duration authentication_timeout;  // from accept to a successful LOGON
};

struct HttpListener {
  bool enabled = false;
  SocketAddress listen_address;
  std::optional<SocketAddress> advertised_address;
};

struct HttpConfig {
  HttpListener http;
  HttpListener https;
  bool transactional_endpoints = true;
  bool query_api = true;
  bool browser = true;
  bool management_endpoints = true;
  Duration transaction_idle_timeout;
  Duration query_api_transaction_idle_timeout;
  std::string allow_origin;
  std::string strict_transport_security;  // empty: no header
  std::string content_security_policy;
  std::vector<std::string> auth_allowlist;
  bool request_log = false;
  int64_t max_connections = 0;
  int64_t max_body_size = 0;
};

struct SecurityConfig {
  bool auth_enabled = true;
  int64_t minimum_password_length = 8;
  int64_t max_failed_attempts = 3;  // 0: no throttling
  Duration lock_time;
  Duration auth_cache_ttl;
  bool auth_cache_use_ttl = true;
  int64_t auth_cache_capacity = 10000;
  std::vector<std::string> authentication_providers;
  std::vector<std::string> authorization_providers;
  bool require_local_user = false;
  bool log_successful_authentication = true;
  bool cluster_status_auth_enabled = true;
  bool tls_reload_enabled = true;
  std::vector<std::string> procedures_allowlist;
  std::vector<std::string> procedures_unrestricted;
  bool allow_csv_from_file_urls = true;
  std::optional<std::filesystem::path> keystore_path;
  Secret keystore_password;
  std::string key_name;
  std::filesystem::path remote_trusted_dir;  // certificates that remote aliases trust
};

struct TransactionConfig {
  Duration timeout;                   // 0: none
  Duration lock_acquisition_timeout;  // 0: none
  Duration bookmark_ready_timeout;
  Duration monitor_check_interval;
  Duration shutdown_end_timeout;
  int64_t concurrent_maximum = 1000;  // 0: no limit
  int64_t memory_max = 0;             // bytes per transaction; 0: no limit of its own
  int64_t database_memory_max = 0;    // bytes per database; 0: no limit of its own
  int64_t total_memory_max = 0;       // bytes for the server; 70 % of the machine by default
  bool track_cpu_time = false;
  std::string tracing_level;
  int64_t sampling_percentage = 5;
};

enum class CheckpointPolicy : uint8_t { kPeriodic, kContinuous, kVolume, kVolumetric };

struct StorageConfig {
  CheckpointPolicy checkpoint_policy = CheckpointPolicy::kPeriodic;
  Duration checkpoint_interval_time;
  int64_t checkpoint_interval_transactions = 100000;
  int64_t checkpoint_interval_volume = 0;  // bytes
  int64_t checkpoint_iops_limit = 600;     // -1: none
  int64_t log_rotation_size = 0;           // bytes
  std::string log_retention_policy;
  bool log_preallocate = true;
  bool fail_on_missing_files = true;
};

struct QueryConfig {
  std::string planner;
  Duration min_replan_interval;
  double statistics_divergence_threshold = 0.75;
  bool hints_error = false;
  bool lenient_create_relationship = false;
  bool forbid_exhaustive_shortest_path = false;
  bool forbid_shortest_path_common_nodes = true;
  bool render_plan_description = true;
  int64_t cache_size = 1000;     // entries per database
  int64_t worker_limit = 0;      // of one statement; 0: all
  int64_t worker_count = 0;      // of the server; one per core by default
  int64_t io_threads = 0;        // of the server; 0: one per core, at most 16
  std::string default_language;  // CYPHER_5
  std::string temporal_time_zone;
  int64_t csv_buffer_size = 2097152;
  bool csv_legacy_quote_escaping = true;
};

struct DatabasesConfig {
  std::string initial_default_database;
  int64_t max_databases = 100;
  bool default_to_read_only = false;
  std::vector<std::string> read_only;
  std::vector<std::string> writable;
};

struct RoutingConfig {
  bool enabled = true;
  bool server_side_by_default = false;
  Duration ttl;
  std::vector<std::string> client_side_domains;
  bool reads_on_primaries = true;
  bool reads_on_writers = false;
  // Defaults of the driver options of remote aliases.
  Duration connect_timeout;
  Duration max_lifetime;
  Duration acquisition_timeout;
  std::optional<Duration> idle_test;
  int64_t max_pool_size = -1;  // -1: no limit
  std::string logging_level;
};

enum class QueryLogLevel : uint8_t { kOff, kInfo, kVerbose };

struct LogConfig {
  std::filesystem::path directory;
  bool debug_enabled = true;
  LogLevel level = LogLevel::kInfo;  // of trellis.log
  bool local_time = false;           // else UTC
  int64_t rotation_size = 0;         // bytes
  int64_t rotation_keep = 7;         // files
  QueryLogLevel query = QueryLogLevel::kVerbose;
  Duration query_threshold;
  bool query_parameters = true;
  bool query_obfuscate_literals = false;
  bool query_plan = false;
  bool query_early = false;
  int64_t query_max_parameter_length = 0;
  QueryLogLevel query_transactions = QueryLogLevel::kOff;
  Duration query_transaction_threshold;
  std::string annotation_format;
  bool http = false;
};

struct MetricsConfig {
  bool enabled = true;
  bool prometheus_enabled = false;
  SocketAddress prometheus_endpoint;
  std::string prefix;
  std::vector<std::string> filter;
};

struct ServerConfig {
  std::shared_ptr<const Configuration> all;  // for SHOW SETTINGS
  DirectoriesConfig directories;
  BoltConfig bolt;
  HttpConfig http;
  SslPolicies ssl;
  TlsConfig tls;
  SecurityConfig security;
  TransactionConfig transaction;
  StorageConfig storage;
  QueryConfig query;
  DatabasesConfig databases;
  RoutingConfig routing;
  LogConfig log;
  MetricsConfig metrics;
};

DirectoriesConfig directories_config(const Configuration& c);
BoltConfig bolt_config(const Configuration& c);
HttpConfig http_config(const Configuration& c);
SecurityConfig security_config(const Configuration& c);
TransactionConfig transaction_config(const Configuration& c);
StorageConfig storage_config(const Configuration& c);
QueryConfig query_config(const Configuration& c);
DatabasesConfig databases_config(const Configuration& c);
RoutingConfig routing_config(const Configuration& c);
LogConfig log_config(const Configuration& c);
MetricsConfig metrics_config(const Configuration& c);

// All of them; fails where two settings contradict each other (TLS demanded and no policy, ...).
Result<ServerConfig> server_config(std::shared_ptr<const Configuration> c);

}  // namespace trellis::config
