// SPDX-License-Identifier: Apache-2.0
//
// The text form of everything that is stored for ACME (docs/formats/acme-storage.md): lines
// "name: value", a blank line, then PEM blocks. openssl reads the blocks as they stand. Names may
// repeat; unknown names are kept out of the way, so that a later version may add some.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "tls/acme/schedule.h"

namespace trellis::tls::acme {

class Record {
 public:
  // `kind` names the sort of record ("account"); it stands in the first line with the version.
  explicit Record(std::string_view kind) : kind_(kind) {}
  // InvalidConfiguration when it is no record, or one of another kind or of a later version.
  static Result<Record> parse(std::string_view kind, const Secret& text);

  // Line ends in values are escaped.
  void add(std::string_view name, std::string_view value);
  void add(std::string_view name, Wall time);
  void add_certificates(std::string_view pem) { certificates_ = pem; }
  void add_key(const Secret& pem) { key_ = pem.clone(); }

  std::string get(std::string_view name) const;  // empty: none
  std::vector<std::string> all(std::string_view name) const;
  std::optional<Wall> time(std::string_view name) const;
  const std::string& certificates() const { return certificates_; }
  const Secret& key() const { return key_; }

  Secret text() const;

 private:
  std::string kind_;
  std::vector<std::pair<std::string, std::string>> fields_;
  std::string certificates_;
  Secret key_;
};

std::string time_text(Wall time);  // seconds since 1970, with nine decimals
std::optional<Wall> parse_time(std::string_view text);

}  // namespace trellis::tls::acme
