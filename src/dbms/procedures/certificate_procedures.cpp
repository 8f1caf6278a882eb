// SPDX-License-Identifier: Apache-2.0
//
// dbms.security.reloadTLS(): all scopes read their files again, on a thread of its own, since disks
// may be slow. It fails when any scope keeps its old certificate; those that could be loaded are in
// force all the same.
#include <thread>

#include "base/mutex.h"
#include "dbms/core.h"
#include "dbms/procedures/dbms_procedures.h"

namespace trellis::dbms {
namespace {

class ReloadTls final : public cypher::RowSource {
 public:
  explicit ReloadTls(tls::PolicyStore& certificates)
      : work_(std::make_shared<Work>(certificates)) {}
  ~ReloadTls() override {
    if (thread_.joinable()) thread_.join();
  }

  Result<Poll> next(const PollContext& context, cypher::RowBatch& out) override {
    {
      const MutexLock lock(work_->mutex);
      if (work_->done) {
        out.rows = out.columns = 0;
        if (work_->kept_old.empty()) return Poll::kReady;
        return fail(ErrorCode::ProcedureCallFailed, "Not all certificates could be reloaded. {}",
                    work_->kept_old);
      }
      work_->waker = context.waker;
    }
    if (!thread_.joinable()) thread_ = std::thread([work = work_] { work->run(); });
    return Poll::kBlocked;
  }

 private:
  struct Work {
    explicit Work(tls::PolicyStore& store) : certificates(store) {}

    void run() EXCLUDES(mutex) {
      std::string reasons;
      for (const tls::ScopeReload& scope : certificates.reload()) {
        if (!scope.kept_old) continue;
        reasons += fmt::format("{}{} keeps its old certificate: {}", reasons.empty() ? "" : " ",
                               to_string(scope.scope), scope.kept_old->message());
      }
      Waker wake;
      {
        const MutexLock lock(mutex);
        kept_old = std::move(reasons);
        done = true;
        wake = std::move(waker);
      }
      if (wake) wake();
    }

    tls::PolicyStore& certificates;
    Mutex mutex;
    bool done GUARDED_BY(mutex) = false;
    std::string kept_old GUARDED_BY(mutex);
    Waker waker GUARDED_BY(mutex);
  };

  const std::shared_ptr<Work> work_;
  std::thread thread_;
};

}  // namespace

void add_certificate_procedures(std::vector<cypher::Procedure>& table, Dbms* const* dbms) {
  cypher::Procedure p;
  p.name = "dbms.security.reloadTLS";
  p.description = "Read keys, certificates and trust of all TLS policies from their files again.";
  p.mode = cypher::ProcedureMode::kDbms;
  p.admin_only = true;
  p.works_on_system = true;
  p.open = [dbms](const cypher::CallEnvironment&,
                  std::span<const value::Value>) -> Result<std::unique_ptr<cypher::RowSource>> {
    const DbmsOptions& options = (*dbms)->core().options;
    if (!options.config->security.tls_reload_enabled) {
      return fail(ErrorCode::ProcedureCallFailed,
                  "Reloading certificates by procedure is switched off: set "
                  "dbms.security.tls_reload_enabled=true, or use `trellis tls reload` on the "
                  "server's machine.");
    }
    if (options.certificates == nullptr) {
      return fail(ErrorCode::ProcedureCallFailed,
                  "No TLS policy is enabled (dbms.ssl.policy.<scope>.enabled).");
    }
    return std::make_unique<ReloadTls>(*options.certificates);
  };
  table.push_back(std::move(p));
}

}  // namespace trellis::dbms
