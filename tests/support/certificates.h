// SPDX-License-Identifier: Apache-2.0
//
// Keys and certificates for tests, made by the `openssl` command, as users make theirs.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

namespace trellis::testing {

// Runs `openssl <arguments>` in `directory`; says whether it succeeded.
inline bool openssl_succeeds(const std::filesystem::path& directory, const std::string& arguments) {
  const std::string command =
      "cd '" + directory.string() + "' && openssl " + arguments + " > .openssl.log 2>&1";
  return std::system(command.c_str()) == 0;
}

// As above; throws with its output when it fails.
inline void openssl(const std::filesystem::path& directory, const std::string& arguments) {
  if (!openssl_succeeds(directory, arguments)) {
    std::ifstream log(directory / ".openssl.log");
    throw std::runtime_error("openssl " + arguments + ": " +
                             std::string(std::istreambuf_iterator<char>(log), {}));
  }
}

// NAME.key (PKCS#8, P-256) and NAME.crt of a new authority.
inline void make_authority(const std::filesystem::path& directory, const std::string& name) {
  openssl(directory,
          "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -keyout " + name +
              ".key -out " + name + ".crt -subj '/CN=" + name +
              "' -addext basicConstraints=critical,CA:TRUE"
              " -addext keyUsage=critical,keyCertSign,cRLSign");
}

// NAME.key and NAME.crt, signed by AUTHORITY, for `names` ("DNS:localhost,IP:127.0.0.1").
// `validity`: what `openssl x509` takes ("-days 10", "-not_before ... -not_after ...").
inline void make_certificate(const std::filesystem::path& directory, const std::string& authority,
                             const std::string& name, const std::string& names,
                             const std::string& key_options = "ec -pkeyopt ec_paramgen_curve:P-256",
                             const std::string& validity = "-days 10") {
  openssl(directory, "req -new -newkey " + key_options + " -nodes -keyout " + name + ".key -out " +
                         name + ".csr -subj '/CN=" + name + "'");
  std::ofstream(directory / (name + ".ext")) << "subjectAltName=" << names << "\n";
  openssl(directory, "x509 -req -in " + name + ".csr -CA " + authority + ".crt -CAkey " +
                         authority + ".key -CAcreateserial -extfile " + name + ".ext " + validity +
                         " -out " + name + ".crt");
}

}  // namespace trellis::testing
