// SPDX-License-Identifier: Apache-2.0
#include "unit/federation/bolt_peer.h"

#include <array>
#include <sstream>

namespace trellis::testing {

using value::MapEntry;
using value::Value;

struct BoltPeer::Shared {
  PeerSettings settings;
  std::string address;
  mutable Mutex mutex;
  std::vector<wire::Tag> tags GUARDED_BY(mutex);
  std::set<std::shared_ptr<Connection>> open GUARDED_BY(mutex);
  size_t accepted GUARDED_BY(mutex) = 0;
  std::string database GUARDED_BY(mutex);
  std::string query GUARDED_BY(mutex);
  std::vector<std::string> bookmarks GUARDED_BY(mutex);
  std::optional<int64_t> timeout GUARDED_BY(mutex);
  size_t records GUARDED_BY(mutex) = 0;
};

struct BoltPeer::Connection : std::enable_shared_from_this<Connection> {
  struct Result_ {
    std::string column;
    int64_t left = 0;
    int64_t next = 1;
    std::string row_text;    // BIG: what each row is
    value::ValueHolder row;  // ECHO
    std::string fail_with;   // after the rows
    bool silent = false;     // SLOW
  };

  Connection(std::shared_ptr<Shared> s, std::unique_ptr<net::Stream> st)
      : shared(std::move(s)),
        stream(std::move(st)),
        handshake(shared->settings.versions, shared->settings.manifest) {}

  std::shared_ptr<Shared> shared;
  std::unique_ptr<net::Stream> stream;
  wire::ServerHandshake handshake;
  bool agreed = false;
  wire::WireOptions options;
  wire::Dechunker dechunker{64 << 20};
  std::array<std::byte, 16384> buffer{};
  wire::ByteBuffer out;
  bool writing = false;
  bool failed = false;
  bool in_transaction = false;
  bool owes_pull = false;  // SLOW: unanswered
  int64_t next_qid = 0;
  std::map<int64_t, Result_> results;
  int64_t latest = 0;

  void read() {
    stream->read_some(buffer, [self = shared_from_this()](Result<size_t> got) {
      if (!got || *got == 0) return self->gone();
      std::span<const std::byte> input(self->buffer.data(), *got);
      if (self->take(input)) self->read();
    });
  }

  void gone() {
    stream->close();
    MutexLock lock(shared->mutex);
    shared->open.erase(shared_from_this());
  }

  bool take(std::span<const std::byte> input) {
    if (!agreed) {
      const auto step = handshake.step(input, out);
      flush();
      if (!step || *step == wire::HandshakeStep::kRefused) {
        gone();
        return false;
      }
      if (*step == wire::HandshakeStep::kNeedMore) return true;
      agreed = true;
      options.version = handshake.version();
    }
    while (true) {
      const auto message = dechunker.next(input);
      if (!message) {
        gone();
        return false;
      }
      if (!*message) break;
      Arena arena;
      auto request = wire::decode_request(**message, options, arena);
      if (!request) {
        gone();
        return false;
      }
      {
        MutexLock lock(shared->mutex);
        shared->tags.push_back(wire::tag_of(*request));
      }
      handle(*request);
    }
    flush();
    return true;
  }

  void flush() {
    if (writing || out.empty()) return;
    writing = true;
    stream->write_all(out.bytes(), [self = shared_from_this(), size = out.size()](Result<> sent) {
      self->writing = false;
      if (!sent) return;
      self->out.consume(size);
      self->flush();
    });
  }

  // Written in a separate buffer: what is being sent must not move.
  template <class Write>
  void say(Write write) {
    wire::ByteBuffer message;
    wire::MessageWriter writer(message, options);
    write(writer);
    if (!writing) {
      out.append(message.bytes());
    } else {
      pending.append(message.bytes());
      if (!pending_posted) {
        pending_posted = true;
        post_pending();
      }
    }
  }
  void post_pending() {
    stream->thread().post([self = shared_from_this()] {
      if (self->writing) return self->post_pending();
      self->pending_posted = false;
      self->out.append(self->pending.bytes());
      self->pending.clear();
      self->flush();
    });
  }
  wire::ByteBuffer pending;
  bool pending_posted = false;

  void fail_with(const std::string& code, const std::string& message) {
    failed = true;
    say([&](wire::MessageWriter& w) {
      w.failure(Error::foreign(code_for(code, ""), code, "", message));
    });
  }

  void handle(wire::Request& request) {
    if (std::holds_alternative<wire::Reset>(request)) {
      if (owes_pull) fail_with("Neo.TransientError.Transaction.Terminated", "terminated");
      owes_pull = false;
      failed = false;
      in_transaction = false;
      results.clear();
      return say([](wire::MessageWriter& w) { w.success(); });
    }
    if (std::holds_alternative<wire::Goodbye>(request)) return gone();
    if (failed) return say([](wire::MessageWriter& w) { w.ignored(); });
    std::visit([this](auto& part) { answer(part); }, request);
  }

  void check(const wire::AuthToken& token) {
    if (token.principal == "neo4j" && token.credentials.reveal() == "secret") {
      return say([](wire::MessageWriter& w) { w.success(); });
    }
    fail_with("Neo.ClientError.Security.Unauthorized", "wrong user or password");
  }

  void answer(wire::Hello& hello) {
    if (hello.token && hello.token->credentials.reveal() != "secret") return check(*hello.token);
    const bool utc = hello.utc_patch && !options.version.has_utc_date_times();
    const std::array<Value, 1> patches{Value::string("utc")};
    std::vector<MapEntry> map{{"server", Value::string("Neo4j/5.26.0")},
                              {"connection_id", Value::string("bolt-1")}};
    if (utc) map.push_back({"patch_bolt", Value::list(patches)});
    say([&](wire::MessageWriter& w) { w.success(map); });
    options.utc_patch = utc;
  }
  void answer(wire::Logon& logon) { check(logon.token); }
  template <class Other>
  void answer(Other&) {
    say([](wire::MessageWriter& w) { w.success(); });
  }
  void note(const wire::TransactionExtra& extra) {
    MutexLock lock(shared->mutex);
    shared->database = extra.database;
    shared->bookmarks.assign(extra.bookmarks.begin(), extra.bookmarks.end());
    shared->timeout = extra.timeout_ms;
  }
  void answer(wire::Begin& begin) {
    note(begin.extra);
    if (begin.extra.database == "missing") {
      return fail_with("Neo.ClientError.Database.DatabaseNotFound", "no database 'missing' exists");
    }
    in_transaction = true;
    say([](wire::MessageWriter& w) { w.success(); });
  }
  void answer(wire::Commit&) {
    if (shared->settings.dies_at_commit) return gone();
    in_transaction = false;
    const std::array<MapEntry, 1> map{MapEntry{"bookmark", Value::string("bm:committed")}};
    say([&](wire::MessageWriter& w) { w.success(map); });
  }
  void answer(wire::Rollback&) {
    in_transaction = false;
    results.clear();
    say([](wire::MessageWriter& w) { w.success(); });
  }

  void answer(wire::Run& run) {
    if (!in_transaction) note(run.extra);
    {
      MutexLock lock(shared->mutex);
      shared->query = run.query;
    }
    std::istringstream words{std::string(run.query)};
    std::string word;
    words >> word;
    Result_ result;
    if (word == "RANGE") {
      result.column = "i";
      words >> result.left;
    } else if (word == "ECHO") {
      result.column = "p";
      result.left = 1;
      result.row = value::ValueHolder(run.parameters);
    } else if (word == "BIG") {
      size_t size = 0;
      result.column = "text";
      words >> result.left >> size;
      result.row_text.assign(size, 'x');
    } else if (word == "SLOW") {
      result.column = "i";
      result.left = 1;
      result.silent = true;
    } else if (word == "FAILAT") {
      result.column = "i";
      words >> result.left >> result.fail_with;
    } else {
      std::string code;
      words >> code;
      return fail_with(code, "failed as told");
    }
    latest = in_transaction ? next_qid++ : 0;
    const std::array<Value, 1> fields{Value::string(result.column)};
    std::vector<MapEntry> map{{"fields", Value::list(fields)}, {"t_first", Value::integer(0)}};
    if (in_transaction) map.push_back({"qid", Value::integer(latest)});
    say([&](wire::MessageWriter& w) { w.success(map); });
    results[latest] = std::move(result);
  }

  void answer(wire::Discard& discard) {
    const auto found = results.find(discard.qid < 0 ? latest : discard.qid);
    if (found == results.end()) return fail_with("Neo.ClientError.Request.Invalid", "no result");
    results.erase(found);
    finish();
  }

  void finish() {
    const std::array<MapEntry, 2> stats{MapEntry{"nodes-created", Value::integer(3)},
                                        MapEntry{"contains-updates", Value::boolean(true)}};
    std::vector<MapEntry> map{{"type", Value::string("rw")},
                              {"t_last", Value::integer(0)},
                              {"db", Value::string("real")},
                              {"stats", Value::map(stats)}};
    if (!in_transaction) map.push_back({"bookmark", Value::string("bm:auto")});
    say([&](wire::MessageWriter& w) { w.success(map); });
  }

  void answer(wire::Pull& pull) {
    const auto found = results.find(pull.qid < 0 ? latest : pull.qid);
    if (found == results.end()) return fail_with("Neo.ClientError.Request.Invalid", "no result");
    Result_& result = found->second;
    int64_t wanted = pull.n == wire::kAll ? result.left : std::min(pull.n, result.left);
    result.left -= wanted;
    {
      MutexLock lock(shared->mutex);
      shared->records += static_cast<size_t>(wanted);
    }
    say([&](wire::MessageWriter& w) {
      for (; wanted > 0; --wanted) {
        auto& pack = w.begin_record(1);
        if (result.column == "p") {
          pack.value(result.row.get());
        } else if (result.column == "text") {
          pack.string(result.row_text);
        } else {
          pack.integer(result.next++);
        }
        w.end();
      }
    });
    if (result.left != 0) {
      const std::array<MapEntry, 1> more{MapEntry{"has_more", Value::boolean(true)}};
      return say([&](wire::MessageWriter& w) { w.success(more); });
    }
    if (result.silent) {
      owes_pull = true;
      return;
    }
    if (!result.fail_with.empty()) return fail_with(result.fail_with, "failed in the end");
    results.erase(found);
    finish();
  }

  void answer(wire::Route&) {
    std::vector<std::pair<std::string, std::string>> table = shared->settings.table;
    if (table.empty()) {
      for (const char* role : {"READ", "WRITE", "ROUTE"}) {
        table.emplace_back(role, shared->address);
      }
    }
    say([&](wire::MessageWriter& w) {
      auto& pack = w.begin_success(1);
      pack.key("rt");
      pack.map(2);
      pack.entry("ttl", int64_t{300});
      pack.key("servers");
      pack.list(table.size());
      for (const auto& [role, address] : table) {
        pack.map(2);
        pack.entry("role", role);
        pack.key("addresses");
        pack.list(1);
        pack.string(address);
      }
      w.end();
    });
  }
};

BoltPeer::BoltPeer(PeerSettings settings) : shared_(std::make_shared<Shared>()) {
  const auto start = [shared = shared_](std::unique_ptr<net::Stream> stream) {
    auto connection = std::make_shared<Connection>(shared, std::move(stream));
    {
      MutexLock lock(shared->mutex);
      shared->open.insert(connection);
      ++shared->accepted;
    }
    connection->read();
  };
  const net::Endpoint at{"127.0.0.1", settings.port};
  const net::TlsContext tls = settings.tls;
  shared_->settings = std::move(settings);
  acceptor_ = *net::Acceptor::listen(
      loop_, "Test", at, Logger(), [tls, start](std::unique_ptr<net::Stream> stream) {
        if (!tls) return start(std::move(stream));
        net::tls_accept(std::move(stream), tls, std::chrono::seconds(5),
                        [start](Result<std::unique_ptr<net::Stream>> secured) {
                          if (secured) start(std::move(*secured));
                        });
      });
  shared_->address = address();
}

BoltPeer::~BoltPeer() {
  acceptor_->close();
  drop_connections();
  (void)eventually([&] { return connections() == 0; });
}

std::string BoltPeer::log() const {
  MutexLock lock(shared_->mutex);
  std::string text;
  for (const wire::Tag tag : shared_->tags) {
    if (!text.empty()) text += ' ';
    text += wire::to_string(tag);
  }
  return text;
}
void BoltPeer::clear_log() {
  MutexLock lock(shared_->mutex);
  shared_->tags.clear();
}
size_t BoltPeer::count(wire::Tag tag) const {
  MutexLock lock(shared_->mutex);
  return static_cast<size_t>(std::count(shared_->tags.begin(), shared_->tags.end(), tag));
}
size_t BoltPeer::connections() const {
  MutexLock lock(shared_->mutex);
  return shared_->open.size();
}
size_t BoltPeer::accepted() const {
  MutexLock lock(shared_->mutex);
  return shared_->accepted;
}
std::string BoltPeer::last_run_database() const {
  MutexLock lock(shared_->mutex);
  return shared_->database;
}
std::string BoltPeer::last_query() const {
  MutexLock lock(shared_->mutex);
  return shared_->query;
}
std::vector<std::string> BoltPeer::last_bookmarks() const {
  MutexLock lock(shared_->mutex);
  return shared_->bookmarks;
}
std::optional<int64_t> BoltPeer::last_timeout() const {
  MutexLock lock(shared_->mutex);
  return shared_->timeout;
}
size_t BoltPeer::records_sent() const {
  MutexLock lock(shared_->mutex);
  return shared_->records;
}
void BoltPeer::drop_connections() {
  std::vector<std::shared_ptr<Connection>> open;
  {
    MutexLock lock(shared_->mutex);
    open.assign(shared_->open.begin(), shared_->open.end());
  }
  for (auto& connection : open) {
    net::IoThread& thread = connection->stream->thread();
    thread.post([connection = std::move(connection)] { connection->gone(); });
  }
}

}  // namespace trellis::testing
