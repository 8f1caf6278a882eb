// SPDX-License-Identifier: Apache-2.0
#include "cli/demo/demo.h"

#include <stdlib.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "base/mutex.h"
#include "cli/demo/demo_server.h"
#include "cli/demo/graph_data.h"
#include "cli/demo/story.h"
#include "cli/exit_codes.h"
#include "cli/surroundings.h"
#include "tls/private_ca.h"

namespace trellis::cli::demo {
namespace {

using value::Value;

constexpr const char* kAdminPassword = "trellis-demo-admin";
constexpr const char* kAlicePassword = "alice-at-bobs";
constexpr const char* kCarolPassword = "carol-at-alices";
constexpr const char* kDavePassword = "dave-at-alices";
// A name in B's certificate that nobody dials: the error about a wrong name must tell it.
constexpr const char* kNameOfB = "bob.example";

constexpr const char* kCategories =
    "MATCH (p:Product)-[:PART_OF]->(c:Category) "
    "RETURN c.categoryName AS category, count(p) AS products "
    "ORDER BY products DESC, category LIMIT 5";
constexpr const char* kFavourites =
    "MATCH (c:Customer)-[:PURCHASED]->(:Order)-[:ORDERS]->(p:Product) "
    "RETURN p.productName AS product, count(DISTINCT c) AS customers "
    "ORDER BY customers DESC, product LIMIT 3";
constexpr const char* kOneProduct = "MATCH (p:Product {productID: 11}) RETURN p";
constexpr const char* kCountProducts = "MATCH (p:Product) RETURN count(p) AS products";

// Kills both servers and ends the program when the demo takes too long.
class Watchdog {
 public:
  Watchdog(std::chrono::seconds limit, std::function<void()> when_late)
      : thread_([this, limit, when_late = std::move(when_late)] {
          const auto deadline = std::chrono::steady_clock::now() + limit;
          MutexLock lock(mutex_);
          while (!done_) {
            const auto now = std::chrono::steady_clock::now();
            if (now >= deadline) {
              fmt::print(stderr, "The demo takes more than {} s; giving up.\n", limit.count());
              when_late();
              ::_exit(kFailure);
            }
            changed_.wait_for(mutex_, deadline - now);
          }
        }) {}
  ~Watchdog() {
    {
      MutexLock lock(mutex_);
      done_ = true;
      changed_.notify_all();
    }
    thread_.join();
  }
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

 private:
  Mutex mutex_;
  ConditionVariable changed_;
  bool done_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

struct Cast {
  Person bob, bob_db1, alice, carol, carol_home, dave;
};

Cast cast_for(const DemoServer& a, const DemoServer& b) {
  Cast c;
  c.bob = {"Bob on B", b.uri(), "neo4j", kAdminPassword, "system"};
  c.bob_db1 = {"Bob on B", b.uri(), "neo4j", kAdminPassword, "db1"};
  c.alice = {"Alice on A", a.uri(), "neo4j", kAdminPassword, "system"};
  c.carol = {"Carol on A", a.uri(), "carol", kCarolPassword, "neo4j"};
  c.carol_home = {"Carol on A", a.uri(), "carol", kCarolPassword, ""};
  c.dave = {"Dave on A", a.uri(), "dave", kDavePassword, "neo4j"};
  return c;
}

// {password: "..."}; the printed statement says $password.
class PasswordParameter {
 public:
  explicit PasswordParameter(const char* text) : entry_{"password", Value::string(text)} {}
  Value map() const { return Value::map(std::span(&entry_, 1)); }

 private:
  value::MapEntry entry_;
};

void bob_makes_his_graph(Story& story, const Cast& cast, const DemoOptions& options) {
  story.chapter("Bob makes a database on his DBMS B and fills it");
  story.must(cast.bob, "CREATE DATABASE db1 WAIT");
  Execute execute = [&](const std::string& statement, Value parameters) -> Result<> {
    Answer answer = story.must(cast.bob_db1, statement, parameters);
    if (answer.error) return fail(std::move(*answer.error));
    return {};
  };
  auto loaded = options.data.empty() ? make_graph(execute) : load_northwind(options.data, execute);
  if (!loaded) story.expect(false, "the graph is made: " + loaded.error().message());
  Answer counted = story.must(cast.bob_db1, "MATCH (n) RETURN count(n) AS nodes");
  story.expect(counted.rows.size() == 1 && std::atoll(counted.rows[0][0].c_str()) >= 1000,
               "at least 1,000 nodes");
}

void bob_lets_alice_in(Story& story, const Cast& cast) {
  story.chapter("Bob makes a user and a role for Alice");
  story.must(cast.bob, "CREATE USER alice SET PASSWORD $password CHANGE NOT REQUIRED",
             PasswordParameter(kAlicePassword).map());
  story.must(cast.bob, "CREATE ROLE remote_reader");
  story.must(cast.bob, "GRANT ACCESS ON DATABASE db1 TO remote_reader");
  story.must(cast.bob, "GRANT MATCH {*} ON GRAPH db1 TO remote_reader");
  story.must(cast.bob, "GRANT ROLE remote_reader TO alice");
}

void alice_makes_the_alias(Story& story, const Cast& cast, const DemoServer& b) {
  story.chapter("Alice makes a remote alias on her DBMS A, and a role that may use it");
  story.must(cast.alice,
             fmt::format("CREATE ALIAS products FOR DATABASE db1 AT '{}' USER alice PASSWORD "
                         "$password DRIVER {{ssl_enforced: true}}",
                         b.uri()),
             PasswordParameter(kAlicePassword).map());
  Answer shown =
      story.must(cast.alice, "SHOW ALIASES FOR DATABASE YIELD name, database, location, url, user");
  story.expect(shown.rows.size() == 1 && shown.rows[0][0] == "\"products\"" &&
                   shown.rows[0][2] == "\"remote\"" && shown.rows[0][4] == "\"alice\"",
               "one remote alias, products, and no password to be seen");
  story.must(cast.alice, "CREATE ROLE carols");
  story.must(cast.alice, "GRANT ACCESS ON DATABASE products TO carols");
  story.must(cast.alice, "CREATE USER carol SET PASSWORD $password CHANGE NOT REQUIRED",
             PasswordParameter(kCarolPassword).map());
  story.must(cast.alice, "GRANT ROLE carols TO carol");
  story.must(cast.alice, "CREATE USER dave SET PASSWORD $password CHANGE NOT REQUIRED",
             PasswordParameter(kDavePassword).map());
}

void carol_reads(Story& story, const Cast& cast) {
  story.chapter("Carol reads Bob's graph through Alice's DBMS");
  for (const char* statement : {kCountProducts, kCategories, kFavourites}) {
    const Answer here = story.ask_quietly(cast.bob_db1, statement, {});
    const Answer there = story.must(cast.carol, std::string("USE products ") + statement);
    story.expect(there.same_rows(here) && !there.rows.empty(), "the answer that Bob gets on B");
  }
  story.chapter("The alias becomes Carol's home database");
  story.must(cast.alice, "ALTER USER carol SET HOME DATABASE products");
  for (const char* statement : {kCountProducts, kOneProduct}) {
    const Answer here = story.ask_quietly(cast.bob_db1, statement, {});
    const Answer there = story.must(cast.carol_home, statement);
    story.expect(there.same_rows(here) && !there.rows.empty(), "the answer that Bob gets on B");
  }
}

void who_is_refused(Story& story, const Cast& cast, const DemoServer& a, const DemoServer& b) {
  story.chapter("Who may not, does not");
  Answer write = story.ask(cast.carol_home, "CREATE (:Product {productID: 0})");
  story.expect(write.is("Neo.ClientError.Security.Forbidden"),
               "Alice's user on B may read only, so Carol may not write");
  Answer denied = story.ask(cast.dave, std::string("USE products ") + kCountProducts);
  story.expect(denied.is("Neo.ClientError.Security.Forbidden") ||
                   denied.is("Neo.ClientError.Database.DatabaseNotFound"),
               "Dave has no ACCESS on the alias and is refused");
  Person nobody = cast.carol;
  nobody.password = "guessed";
  Answer guessed = story.ask(nobody, "RETURN 1");
  story.expect(guessed.is("Neo.ClientError.Security.Unauthorized"), "a wrong password is refused");

  story.chapter("A host name that the certificate does not have");
  story.must(cast.alice,
             fmt::format("CREATE ALIAS misnamed FOR DATABASE db1 AT '{}' USER alice PASSWORD "
                         "$password",
                         b.uri("127.0.0.1")),
             PasswordParameter(kAlicePassword).map());
  Person alice = cast.alice;
  alice.database = "neo4j";
  Answer misnamed = story.ask(alice, "USE misnamed RETURN 1 AS one");
  story.expect(misnamed.error && misnamed.error->message().find(kNameOfB) != std::string::npos,
               "refused, and the message tells the names in B's certificate");
  Person direct = cast.alice;
  direct.uri = a.uri("127.0.0.1");
  Answer refused = story.ask(direct, "SHOW DEFAULT DATABASE");
  story.expect(refused.error && refused.error->message().find("localhost") != std::string::npos,
               "a client that dials A by another name refuses as well");
}

void print_how_to_go_on(const DemoServer& a, const DemoServer& b,
                        const std::filesystem::path& authority) {
  fmt::print(
      "\nBoth servers go on running.\n"
      "  Trust:   export SSL_CERT_FILE={}\n"
      "  Carol:   trellis shell -a {} -u carol -p {}\n"
      "  Alice:   trellis shell -a {} -u neo4j -p {} -d system\n"
      "  Bob:     trellis shell -a {} -u neo4j -p {} -d db1\n"
      "  Stop:    trellis stop --home {}; trellis stop --home {}\n",
      authority.string(), a.uri(), kCarolPassword, a.uri(), kAdminPassword, b.uri(), kAdminPassword,
      a.home().string(), b.home().string());
}

Result<std::filesystem::path> folder_for(const DemoOptions& options) {
  std::error_code error;
  if (!options.folder.empty()) {
    auto folder = std::filesystem::absolute(options.folder).lexically_normal();
    std::filesystem::create_directories(folder, error);
    if (error) {
      return fail(ErrorCode::IoError, "Cannot make {}: {}.", folder.string(), error.message());
    }
    return folder;
  }
  std::string pattern = (std::filesystem::temp_directory_path(error) / "trellis-demo-XXXXXX");
  if (::mkdtemp(pattern.data()) == nullptr) {
    return fail(ErrorCode::IoError, "Cannot make a folder below {}.", pattern);
  }
  return std::filesystem::path(pattern);
}

struct Stage {
  std::filesystem::path folder;
  std::filesystem::path trusted;  // holds ca.crt
  std::optional<DemoServer> a, b;
};

Result<> set_up(Stage& stage) {
  fmt::print("A private certificate authority and two homes in {}\n", stage.folder.string());
  TRELLIS_TRY_ASSIGN(auto authority, tls::PrivateCa::create("Trellis demo authority", 30));
  stage.trusted = stage.folder / "authority";
  TRELLIS_TRY(tls::write_certificate_file(stage.trusted / "ca.crt", authority.certificate_pem()));
  TRELLIS_TRY_ASSIGN(stage.b, DemoServer::lay_out(stage.folder / "B", authority,
                                                  {"localhost", kNameOfB}, kAdminPassword));
  TRELLIS_TRY_ASSIGN(stage.a, DemoServer::lay_out(stage.folder / "A", authority,
                                                  {"localhost", "alice.example"}, kAdminPassword));
  return stage.a->prepare_for_aliases(authority);
}

Result<> start_both(Stage& stage, bool outlive) {
  for (auto* server : {&*stage.b, &*stage.a}) {
    const auto begin = std::chrono::steady_clock::now();
    TRELLIS_TRY(server->start(outlive));
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - begin);
    fmt::print("{} serves {} after {} ms\n", server->home().filename().string(), server->uri(),
               took.count());
    std::fflush(stdout);
  }
  return {};
}

bool stop_both(Stage& stage) {
  bool clean = true;
  for (auto* server : {&stage.a, &stage.b}) {
    if (!*server) continue;
    if (auto stopped = (*server)->stop(); !stopped) {
      print_error(stopped.error());
      clean = false;
    }
  }
  return clean;
}

bool tell(Story& story, const Stage& stage, const DemoOptions& options) {
  const Cast cast = cast_for(*stage.a, *stage.b);
  bob_makes_his_graph(story, cast, options);
  bob_lets_alice_in(story, cast);
  alice_makes_the_alias(story, cast, *stage.b);
  carol_reads(story, cast);
  who_is_refused(story, cast, *stage.a, *stage.b);
  return story.all_right();
}

}  // namespace

int run_demo(const DemoOptions& options) {
  constexpr std::chrono::seconds kLimit(44);
  auto folder = folder_for(options);
  if (!folder) {
    print_error(folder.error());
    return kFailure;
  }
  Stage stage;
  stage.folder = std::move(*folder);
  Watchdog watchdog(kLimit, [&stage] {
    if (stage.a) stage.a->kill();
    if (stage.b) stage.b->kill();
  });
  bool right = false;
  auto ready = set_up(stage);
  if (ready) ready = start_both(stage, !options.once);
  if (!ready) {
    print_error(ready.error());
  } else {
    Story story(stage.trusted);
    right = tell(story, stage, options);
    fmt::print("\n{} statements, {} wrong answers\n", story.statements(), story.wrong());
  }
  if (ready && !options.once) {
    print_how_to_go_on(*stage.a, *stage.b, stage.trusted / "ca.crt");
    return right ? kOk : kFailure;
  }
  right = stop_both(stage) && right;
  std::error_code ignored;
  if (right && options.folder.empty()) {
    std::filesystem::remove_all(stage.folder, ignored);
  } else {
    fmt::print("The homes with their logs are in {}\n", stage.folder.string());
  }
  fmt::print("{}\n", right ? "Everything answered what it should." : "The demo FAILED.");
  return right ? kOk : kFailure;
}

}  // namespace trellis::cli::demo
