// SPDX-License-Identifier: Apache-2.0
#include "server/metrics.h"

#include <doctest/doctest.h>

#include "server/metric_sources.h"
#include "support/fake_policy_store.h"
#include "unit/net/http_site.h"
#include "unit/net/waiting.h"

using namespace trellis;
using namespace trellis::server;
using testing::FakePolicyStore;

namespace {

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

Sample sample(std::string name, double value, bool counter = false) {
  Sample s;
  s.name = std::move(name);
  s.help = "Help.";
  s.counter = counter;
  s.value = value;
  return s;
}

}  // namespace

TEST_CASE("counters and samples in Prometheus' text, under Neo4j's names") {
  Metrics metrics("my.graph", {"*bolt.connections*"});
  HandshakeFailureCounts failures;
  failures.add(net::TlsFailureReason{});
  failures.add(net::TlsFailureReason{});
  sample_handshakes(metrics, failures);
  metrics.count(Counted::kAcmeAttempts, "success");
  metrics.add_source([](Samples& samples) {
    samples.push_back(sample("dbms.bolt.connections_opened", 5, true));
    samples.push_back(sample("vm.heap.used", 7));
  });
  const std::string text = metrics.text();
  CAPTURE(text);
  CHECK(has(text, "# TYPE my_graph_tls_handshake_failures_total counter\n"));
  CHECK(has(text, fmt::format("my_graph_tls_handshake_failures_total{{reason=\"{}\"}} 2\n",
                              net::kTlsFailureReasonNames[0])));
  CHECK(has(text, "my_graph_acme_attempts_total{result=\"success\"} 1\n"));
  CHECK(has(text,
            "# HELP my_graph_dbms_bolt_connections_opened_total "
            "my.graph.dbms.bolt.connections_opened: Help.\n"
            "# TYPE my_graph_dbms_bolt_connections_opened_total counter\n"
            "my_graph_dbms_bolt_connections_opened_total 5\n"));
  CHECK(!has(text, "vm_heap"));  // the filter leaves it out
  metrics.forget_sources();
  CHECK(!has(metrics.text(), "bolt"));
}

TEST_CASE("labels that others choose are bounded") {
  Metrics metrics("neo4j", {});
  for (int n = 0; n < 1000; ++n) {
    metrics.count(Counted::kAcmeAttempts, "result " + std::to_string(n));
  }
  const std::string text = metrics.text();
  CHECK(has(text, "neo4j_acme_attempts_total{result=\"other\"} 936\n"));
  CHECK(!has(text, "result 64"));
}

TEST_CASE("what is known of certificates") {
  FakePolicyStore store;
  const os::Clock::Wall now{std::chrono::seconds(1'000'000)};
  store.add(config::SslScope::kBolt, now, std::chrono::seconds(500), std::chrono::seconds(1000));
  store.reload_counts = {3, 2, 1};
  tls::CertificateStatus none;
  none.scope = config::SslScope::kHttps;
  {
    const MutexLock lock(store.mutex);
    store.pairs.push_back(none);
  }
  Metrics metrics("neo4j", {});
  sample_certificates(metrics, store);
  const std::string text = metrics.text();
  CAPTURE(text);
  CHECK(
      has(text,
          "neo4j_certificate_not_after_seconds{scope=\"bolt\",name=\"db.example.test\",key=\"EC\"} "
          "1000500\n"));
  CHECK(!has(text, "scope=\"https\""));
  CHECK(has(text, "neo4j_tls_reloads_total{result=\"changed\"} 3\n"));
  CHECK(has(text, "neo4j_tls_reloads_total{result=\"failed\"} 1\n"));
}
