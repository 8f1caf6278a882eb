// SPDX-License-Identifier: Apache-2.0
//
// SHOW CERTIFICATES: one row per pair of key and certificate. A scope's rows are for whoever may
// see the setting dbms.ssl.policy.<scope>.public_certificate (SHOW SETTING).
#include "dbms/administration/show.h"

namespace trellis::dbms {
namespace {

using value::Value;
using Days = std::chrono::duration<int64_t, std::ratio<86400>>;

int64_t ms_of(os::Clock::Wall time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

Value time_or_null(TableSource& table, const std::optional<os::Clock::Wall>& time) {
  return time ? table.date_time_ms(ms_of(*time)) : Value::null();
}

Value text_or_null(TableSource& table, const std::string& text) {
  return text.empty() ? Value::null() : table.text(text);
}

void add_pair(TableSource& table, const tls::CertificateStatus& pair, os::Clock::Wall now) {
  Value subject = Value::null(), names = table.texts({}), issuer = Value::null();
  Value key_type = Value::null(), sha256 = Value::null(), not_before = Value::null();
  Value not_after = Value::null(), days_left = Value::null();
  if (pair.identity) {
    const tls::ServerIdentity& identity = *pair.identity;
    std::vector<std::string> all = identity.dns_names;
    all.insert(all.end(), identity.ip_names.begin(), identity.ip_names.end());
    subject = table.text(identity.subject);
    names = table.texts(all);
    issuer = table.text(identity.issuer);
    key_type = table.text(identity.key_kind);
    sha256 = table.text(identity.sha256);
    not_before = table.date_time_ms(ms_of(identity.not_before));
    not_after = table.date_time_ms(ms_of(identity.not_after));
    days_left = Value::integer(std::chrono::floor<Days>(identity.not_after - now).count());
  }
  table.add_row({table.text(to_string(pair.scope)), table.texts(pair.sni_names), subject, names,
                 issuer, key_type, sha256, not_before, not_after, days_left,
                 text_or_null(table, pair.source), time_or_null(table, pair.last_reload),
                 text_or_null(table, pair.last_error), time_or_null(table, pair.next_renewal)});
}

Result<std::unique_ptr<TableSource>> rows(ShowContext& context, const ast::ShowCommand& command) {
  auto table = std::make_unique<TableSource>(column_count(command));
  const DbmsOptions& options = context.core.options;
  if (options.certificates == nullptr) return table;
  const auto access = context.principal.access("");
  for (const tls::CertificateStatus& pair : options.certificates->status()) {
    const std::string setting =
        fmt::format("dbms.ssl.policy.{}.public_certificate", to_string(pair.scope));
    if (!access->allows(security::Action::kShowSetting, setting)) continue;
    add_pair(*table, pair, options.clock->wall());
  }
  return table;
}

}  // namespace

const ShowTable kShowCertificates = {rows};

}  // namespace trellis::dbms
