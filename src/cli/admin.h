// SPDX-License-Identifier: Apache-2.0
//
// trellis admin ...: what is done to a home while its server may be down. Each returns an exit
// code.
#pragma once

#include <filesystem>
#include <string>

#include "base/secret.h"
#include "cli/surroundings.h"

namespace trellis::cli {

struct InitialPasswordOptions {
  Secret password;  // empty: asked for
  bool require_change = false;
};
// Sets the password of neo4j for the first start; refused once there is a system database.
int set_initial_password(const CommonOptions& common, InitialPasswordOptions options);

struct KeystoreOptions {
  std::filesystem::path path;  // empty: dbms.security.keystore.path
  std::string key_name;        // empty: dbms.security.key.name
  Secret password;             // empty: dbms.security.keystore.password, else asked for
};
// Makes a PKCS#12 keystore with one new AES-256 key; never overwrites a file.
int create_keystore(const CommonOptions& common, KeystoreOptions options);

// Reads the configuration and prints what is wrong with it.
int validate_config(const CommonOptions& common);

}  // namespace trellis::cli
