// SPDX-License-Identifier: Apache-2.0
#include "tls/pair_places.h"

#include "tls/readable_file.h"

namespace trellis::tls {

namespace fs = std::filesystem;

PairPlace main_place(const config::SslPolicySettings& policy) {
  return {std::string(to_string(policy.scope)), policy.base_directory,
          policy.base_directory / policy.public_certificate,
          policy.base_directory / policy.private_key};
}

fs::path sni_folder(const config::SslPolicySettings& policy) {
  return policy.base_directory / "sni";
}

Result<std::vector<PairPlace>> named_places(const config::SslPolicySettings& policy) {
  const fs::path sni = sni_folder(policy);
  std::error_code failed;
  std::vector<PairPlace> places;
  for (const fs::path& folder : visible_entries(sni, failed)) {
    std::error_code ignored;
    if (!fs::is_directory(folder, ignored)) continue;
    places.push_back({std::string(to_string(policy.scope)) + "/sni/" + folder.filename().string(),
                      folder, folder / "public.crt", folder / "private.key"});
  }
  if (failed && failed != std::errc::no_such_file_or_directory) {
    return fail(ErrorCode::InvalidConfiguration, "Cannot read the directory {}: {}", sni.string(),
                explain_access(sni, failed.value()));
  }
  return places;
}

bool verifies_clients(const config::SslPolicySettings& policy) {
  return policy.client_auth != config::ClientAuth::kNone && !policy.trust_all;
}

}  // namespace trellis::tls
