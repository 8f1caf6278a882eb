// SPDX-License-Identifier: Apache-2.0
//
// Keys, certificates and revocation lists from text. Private to room `tls`.
//
// Keys: PKCS#8, PKCS#1, SEC1 (an EC PARAMETERS block before it is skipped), encrypted or not; RSA,
// EC, Ed25519. All errors InvalidConfiguration, with the path.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "tls/openssl_handles.h"

namespace trellis::tls {

struct PrivateKey {
  KeyHandle key;
  std::string kind;  // "RSA 2048 (PKCS#1)"
};

Result<PrivateKey> load_private_key(const std::filesystem::path& path, const Secret& password);
// `source` names the text in errors.
Result<PrivateKey> parse_private_key(std::string_view pem, const std::string& source,
                                     const Secret& password);
// At least one, in the order of the file. PEM; a single DER certificate too.
Result<std::vector<CertificateHandle>> load_certificates(const std::filesystem::path& path);
Result<std::vector<CertificateHandle>> parse_certificates(std::string_view bytes,
                                                          const std::string& source);
Result<std::vector<CrlHandle>> load_revocation_lists(const std::filesystem::path& path);

}  // namespace trellis::tls
