// SPDX-License-Identifier: Apache-2.0
//
// One transaction of a session, explicit or around one statement: the graphs that it has touched,
// its timeout, its entry in the registry.
//
// Calls do not overlap, save terminate(). A transaction may read several graphs and write one.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "base/poll.h"
#include "base/result.h"
#include "cypher/graph_session.h"
#include "dbms/bookmark.h"
#include "dbms/core.h"
#include "dbms/principal.h"
#include "dbms/router.h"

namespace trellis::dbms {

// The part of a transaction that administration commands write: `system` itself.
struct SystemBranch {
  std::unique_ptr<storage::Transaction> transaction;
  std::shared_ptr<const SystemSnapshot> content;  // as this transaction sees it
  bool locked = false;                            // the version node is ours
  bool wrote = false;
  std::vector<std::string> forget_remotes;  // aliases altered or dropped: told after the commit
  std::vector<std::string> forget_logins;   // users whose cached login must go
};

class SessionTransaction {
 public:
  struct Start {
    ClientInfo client;
    std::string username;
    std::string authenticated_user;
    std::string database;  // as resolved at the start; for SHOW TRANSACTIONS
    TransactionRequest request;
    bool implicit = false;
  };
  // A copy, for another use of the same transaction's options.
  static TransactionRequest copy_request(const TransactionRequest& request);

  // MaximumTransactionLimitReached, InvalidBookmark.
  static Result<std::shared_ptr<SessionTransaction>> open(Core& core, Start start);
  ~SessionTransaction();  // rolls back
  SessionTransaction(const SessionTransaction&) = delete;
  SessionTransaction& operator=(const SessionTransaction&) = delete;

  const TransactionRequest& request() const { return start_.request; }
  bool implicit() const { return start_.implicit; }
  TransactionRecord& record() { return *record_; }

  // Marks the session as working on this transaction for the lifetime of the object; fails with why
  // it was terminated, if it was.
  class Turn {
   public:
    explicit Turn(SessionTransaction& transaction) : record_(transaction.record_) {
      record_->enter();
    }
    ~Turn() { record_->leave(); }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    const std::shared_ptr<TransactionRecord> record_;
  };
  Result<> check_alive() const;

  // Until kReady: the bookmarks are reached, and the target (if local) has settled.
  Result<Poll> await_start(const Target& target, const PollContext& context);
  // The transaction in that graph, begun when it is the first use. MultipleGraphsWritten.
  Result<cypher::GraphTransaction*> branch(const Target& target, const Principal& principal,
                                           bool writes);
  // Until kReady: this transaction's turn to change `system`, kept until it ends.
  Result<Poll> await_system_turn(const PollContext& context);
  // `system` for administration commands; begun when first used.
  Result<SystemBranch*> system_branch(bool writes);

  // What SHOW commands list: `published`, or what this transaction has made of it.
  Result<std::shared_ptr<const SystemSnapshot>> system_content(
      std::shared_ptr<const SystemSnapshot> published) const;

  // Until kReady; bookmark() afterwards. After an error everything is rolled back.
  Result<Poll> commit(const PollContext& context);
  Result<Poll> rollback(const PollContext& context);
  const std::string& bookmark() const { return bookmark_; }

  // Any thread.
  void terminate(ErrorCode reason);

 private:
  struct Branch {
    std::string name;
    bool remote = false;
    bool writes = false;
    std::shared_ptr<LocalDatabase> local;
    std::unique_ptr<cypher::GraphSession> session;
    std::unique_ptr<cypher::GraphTransaction> transaction;
    bool ended = false;
  };

  SessionTransaction(Core& core, Start start, BookmarkSet bookmarks);
  Result<Branch> open_local(const Target& target, const Principal& principal, bool writes);
  Result<Branch> open_remote(const Target& target, const Principal& principal);
  Result<> check_single_writer(std::string_view name, bool writes);
  cypher::TransactionOptions graph_options() const;
  Result<Poll> await_bookmarks(const PollContext& context);
  Result<Poll> commit_system(const PollContext& context);
  Result<Poll> commit_branch(Branch& branch, const PollContext& context);
  void drop_branches();
  void stop_running(ErrorCode reason);

  Core& core_;
  Start start_;
  const BookmarkSet awaited_;
  std::shared_ptr<TransactionRecord> record_;
  DeadlineTimer::Handle timeout_;
  DeadlineTimer::Handle bookmark_timeout_;
  std::optional<DeadlineTimer::Clock::time_point> bookmark_deadline_;
  bool bookmarks_reached_ = false;
  std::string bookmark_;
  BookmarkSet reached_;
  WriterQueue::Ticket system_turn_;
  std::optional<SystemBranch> system_;
  bool ended_ = false;

  // Guards the list for terminate(); the session's own thread changes it under the lock and reads
  // it without.
  Mutex mutex_;
  std::vector<std::unique_ptr<Branch>> branches_;
};

}  // namespace trellis::dbms
