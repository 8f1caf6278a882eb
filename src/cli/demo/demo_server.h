// SPDX-License-Identifier: Apache-2.0
//
// One DBMS of the demo: a home as an administrator would lay it out, and the process that serves
// it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "os/child_process.h"
#include "tls/private_ca.h"

namespace trellis::cli::demo {

class DemoServer {
 public:
  // Lays out `home`: certificates/bolt with a certificate for the names, neo4j.conf, the initial
  // password of neo4j. Fails when the home exists.
  static Result<DemoServer> lay_out(std::filesystem::path home, const tls::PrivateCa& authority,
                                    const std::vector<std::string>& names,
                                    const std::string& password);

  // Lets remote aliases work: a keystore, and the authority among those that aliases trust.
  Result<> prepare_for_aliases(const tls::PrivateCa& authority);

  // Starts `trellis console` and waits until it serves. A server that should outlive the demo is in
  // a session of its own.
  Result<> start(bool outlive);
  Result<> stop();
  void kill();  // for when time is up

  const std::filesystem::path& home() const { return home_; }
  uint16_t port() const { return port_; }
  std::string uri(std::string_view host = "localhost") const;

 private:
  DemoServer() = default;
  Result<> write_settings();
  std::string output() const;

  std::filesystem::path home_;
  uint16_t port_ = 0;
  std::vector<std::string> settings_;
  std::optional<os::ChildProcess> process_;
};

}  // namespace trellis::cli::demo
