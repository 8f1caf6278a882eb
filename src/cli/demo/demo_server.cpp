// SPDX-License-Identifier: Apache-2.0
#include "cli/demo/demo_server.h"

#include <poll.h>
#include <signal.h>
#include <sys/stat.h>

#include <fstream>
#include <iterator>

#include "os/loopback_port.h"

namespace trellis::cli::demo {
namespace {

using namespace std::chrono_literals;

// The same program, as an administrator runs it.
Result<> administer(std::vector<std::string> arguments) {
  TRELLIS_TRY_ASSIGN(auto program, os::own_executable());
  arguments.insert(arguments.begin(), program.string());
  TRELLIS_TRY_ASSIGN(auto run, os::run_process(arguments, 20s));
  if (run.exit_code == 0 && !run.timed_out) return {};
  return fail(ErrorCode::IoError, "trellis {} failed: {}{}", arguments[1], run.errors, run.output);
}

}  // namespace

Result<DemoServer> DemoServer::lay_out(std::filesystem::path home, const tls::PrivateCa& authority,
                                       const std::vector<std::string>& names,
                                       const std::string& password) {
  DemoServer server;
  server.home_ = std::move(home);
  std::error_code error;
  if (std::filesystem::exists(server.home_, error)) {
    return fail(ErrorCode::InvalidArguments, "{} is there already; choose another folder.",
                server.home_.string());
  }
  TRELLIS_TRY_ASSIGN(server.port_, os::free_loopback_port());
  tls::CertificateRequest request;
  request.dns_names = names;
  TRELLIS_TRY_ASSIGN(auto issued, authority.issue(request));
  const auto folder = server.home_ / "certificates" / "bolt";
  TRELLIS_TRY(tls::write_key_file(folder / "private.key", issued.key_pem));
  TRELLIS_TRY(tls::write_certificate_file(folder / "public.crt", issued.certificate_pem));
  for (const char* name : {"trusted", "revoked"}) {
    std::filesystem::create_directories(folder / name, error);
  }
  server.settings_ = {
      fmt::format("server.bolt.listen_address=127.0.0.1:{}", server.port_),
      fmt::format("server.bolt.advertised_address=localhost:{}", server.port_),
      "server.bolt.tls_level=REQUIRED",
      "server.http.enabled=false",
      "dbms.ssl.policy.bolt.enabled=true",
      "dbms.ssl.policy.bolt.base_directory=certificates/bolt",
      "dbms.ssl.policy.bolt.private_key=private.key",
      "dbms.ssl.policy.bolt.public_certificate=public.crt",
      "dbms.ssl.policy.bolt.client_auth=NONE",
  };
  TRELLIS_TRY(server.write_settings());
  TRELLIS_TRY(administer(
      {"admin", "dbms", "set-initial-password", password, "--home", server.home_.string()}));
  return server;
}

Result<> DemoServer::prepare_for_aliases(const tls::PrivateCa& authority) {
  TRELLIS_TRY(tls::write_certificate_file(home_ / "certificates" / "remote" / "trusted" / "ca.crt",
                                          authority.certificate_pem()));
  settings_.emplace_back("dbms.security.keystore.path=conf/keystore.p12");
  settings_.emplace_back("dbms.security.keystore.password=keystore-of-alice");
  settings_.emplace_back("dbms.security.key.name=aesKey");
  TRELLIS_TRY(write_settings());
  return administer({"admin", "keystore", "create", "--home", home_.string()});
}

Result<> DemoServer::write_settings() {
  std::error_code error;
  std::filesystem::create_directories(home_ / "conf", error);
  const auto file = home_ / "conf" / "neo4j.conf";
  std::ofstream out(file);
  for (const std::string& line : settings_) out << line << "\n";
  out.close();
  ::chmod(file.c_str(), 0640);
  if (!out) return fail(ErrorCode::IoError, "Cannot write {}.", file.string());
  return {};
}

std::string DemoServer::output() const {
  std::ifstream in(home_ / "console.out");
  return {std::istreambuf_iterator<char>(in), {}};
}

Result<> DemoServer::start(bool outlive) {
  TRELLIS_TRY_ASSIGN(auto program, os::own_executable());
  os::SpawnOptions options;
  options.arguments = {program.string(), "console", "--home", home_.string()};
  options.output_file = home_ / "console.out";
  options.new_session = outlive;
  options.end_with_parent = !outlive;
  TRELLIS_TRY_ASSIGN(process_, os::ChildProcess::spawn(options));
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  while (std::chrono::steady_clock::now() < deadline) {
    if (auto code = process_->wait(10ms)) {
      return fail(ErrorCode::IoError, "The server of {} ended with code {}:\n{}", home_.string(),
                  *code, output());
    }
    std::error_code error;
    if (std::filesystem::exists(home_ / "run" / "trellis.pid", error)) return {};
  }
  return fail(ErrorCode::IoError, "The server of {} does not serve after 20 s:\n{}", home_.string(),
              output());
}

Result<> DemoServer::stop() {
  if (!process_) return {};
  process_->signal(SIGTERM);
  auto code = process_->wait(15s);
  if (!code) {
    kill();
    return fail(ErrorCode::IoError, "The server of {} did not stop in 15 s.", home_.string());
  }
  process_.reset();
  if (*code == 0) return {};
  return fail(ErrorCode::IoError, "The server of {} ended with code {}:\n{}", home_.string(), *code,
              output());
}

void DemoServer::kill() {
  if (!process_) return;
  process_->signal(SIGKILL);
  process_->wait(1s);
}

std::string DemoServer::uri(std::string_view host) const {
  return fmt::format("neo4j+s://{}:{}", host, port_);
}

}  // namespace trellis::cli::demo
