// SPDX-License-Identifier: Apache-2.0
#include "dbms/query_log.h"

#include <algorithm>

#include "cypher/syntax/normalize.h"
#include "value/compare.h"

namespace trellis::dbms {

std::string QueryLog::text_of(const QueryLogEntry& entry) const {
  std::string text(entry.text);
  if (config_.query_obfuscate_literals) text = cypher::normalize(entry.text).key;
  // One statement, one line.
  std::ranges::replace(text, '\n', ' ');
  std::ranges::replace(text, '\r', ' ');
  return text;
}

std::string QueryLog::line(const QueryLogEntry& entry) const {
  std::string out = fmt::format(
      "id:{} - transaction id:{} - {} ms: {}-session {} {} {} - {} - {}", entry.query_number,
      entry.transaction, entry.elapsed.count(), entry.client->protocol, entry.client->protocol,
      entry.client->client_address, entry.database, entry.username, text_of(entry));
  if (config_.query_parameters && entry.parameters.is(value::Type::kMap)) {
    std::string shown = value::to_text(entry.parameters);
    const auto most = static_cast<size_t>(std::max<int64_t>(config_.query_max_parameter_length, 0));
    if (shown.size() > most) shown = shown.substr(0, most) + "...";
    out += " - " + shown;
  } else {
    out += " - {}";
  }
  out += " - ";
  out += entry.metadata.is(value::Type::kMap) ? value::to_text(entry.metadata) : "{}";
  return out;
}

void QueryLog::started(const QueryLogEntry& entry) const {
  if (!enabled() || !config_.query_early) return;
  log_.info("Query started: {}", line(entry));
}

void QueryLog::ended(const QueryLogEntry& entry) const {
  if (!enabled()) return;
  if (entry.failure) {
    log_.error("{} - {}: {}", line(entry), entry.failure->neo4j_code(), entry.failure->message());
    return;
  }
  // VERBOSE logs every statement, INFO those that took longer than the threshold.
  if (config_.query == config::QueryLogLevel::kInfo && entry.elapsed < config_.query_threshold) {
    return;
  }
  log_.info("{}", line(entry));
}

}  // namespace trellis::dbms
