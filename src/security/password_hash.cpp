// SPDX-License-Identifier: Apache-2.0
#include "security/password_hash.h"

#include <argon2.h>
#include <openssl/evp.h>
#include <sys/mman.h>

#include <charconv>
#include <optional>
#include <vector>

#include "security/random.h"

namespace trellis::security {
namespace {

constexpr size_t kSaltBytes = 16;
constexpr size_t kHashBytes = 32;
// A stored hash says its own cost; one that asks for more than this is damaged or hostile.
constexpr uint32_t kMaxMemoryKib = 1024 * 1024;
constexpr uint32_t kMaxIterations = 64;
constexpr uint32_t kMaxLanes = 16;

struct Parsed {
  Argon2Cost cost;
  std::string salt;
  std::string hash;
};

// mmap, so that the 19 MiB go back to the system at once, whatever the heap does.
int map_memory(uint8_t** memory, size_t bytes) {
  void* mapped = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapped == MAP_FAILED) {
    *memory = nullptr;
    return ARGON2_MEMORY_ALLOCATION_ERROR;
  }
  *memory = static_cast<uint8_t*>(mapped);
  return ARGON2_OK;
}

void unmap_memory(uint8_t* memory, size_t bytes) {
  wipe(memory, bytes);
  munmap(memory, bytes);
}

Result<std::string> derive(const Secret& password, const std::string& salt, const Argon2Cost& cost,
                           size_t hash_bytes) {
  std::string out(hash_bytes, '\0');
  argon2_context context{};
  context.out = reinterpret_cast<uint8_t*>(out.data());
  context.outlen = static_cast<uint32_t>(out.size());
  // The library only reads these two: no flag that clears them is set.
  context.pwd = reinterpret_cast<uint8_t*>(const_cast<char*>(password.reveal().data()));
  context.pwdlen = static_cast<uint32_t>(password.size());
  context.salt = reinterpret_cast<uint8_t*>(const_cast<char*>(salt.data()));
  context.saltlen = static_cast<uint32_t>(salt.size());
  context.t_cost = cost.iterations;
  context.m_cost = cost.memory_kib;
  context.lanes = cost.lanes;
  context.threads = 1;  // a hash never takes more than one processor
  context.version = ARGON2_VERSION_13;
  context.allocate_cbk = map_memory;
  context.free_cbk = unmap_memory;
  context.flags = ARGON2_DEFAULT_FLAGS;
  const int code = argon2id_ctx(&context);
  if (code == ARGON2_MEMORY_ALLOCATION_ERROR) {
    return fail(ErrorCode::ResourceExhausted,
                "There is no memory to check a password now ({} MiB). Try again.",
                cost.memory_kib / 1024);
  }
  if (code != ARGON2_OK) {
    return fail(ErrorCode::InvalidArguments, "The password cannot be hashed: {}.",
                argon2_error_message(code));
  }
  return out;
}

std::string to_base64(std::string_view bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                   reinterpret_cast<const unsigned char*>(bytes.data()),
                                   static_cast<int>(bytes.size()));
  text.resize(static_cast<size_t>(size));
  while (text.ends_with('=')) text.pop_back();
  return text;
}

std::optional<std::string> from_base64(std::string_view text) {
  if (text.empty() || text.size() > 128 || text.size() % 4 == 1) return std::nullopt;
  std::string padded(text);
  const size_t missing = (4 - padded.size() % 4) % 4;
  padded.append(missing, '=');
  std::string bytes(padded.size() / 4 * 3, '\0');
  if (EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                      reinterpret_cast<const unsigned char*>(padded.data()),
                      static_cast<int>(padded.size())) < 0) {
    return std::nullopt;
  }
  bytes.resize(bytes.size() - missing);
  return bytes;
}

bool take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

bool take_number(std::string_view& text, uint32_t max, uint32_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc() || out == 0 || out > max) return false;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return true;
}

std::optional<Parsed> parse_phc(std::string_view text) {
  Parsed parsed;
  if (!take(text, "$argon2id$v=19$m=") ||
      !take_number(text, kMaxMemoryKib, parsed.cost.memory_kib) || !take(text, ",t=") ||
      !take_number(text, kMaxIterations, parsed.cost.iterations) || !take(text, ",p=") ||
      !take_number(text, kMaxLanes, parsed.cost.lanes) || !take(text, "$")) {
    return std::nullopt;
  }
  const size_t dollar = text.find('$');
  if (dollar == std::string_view::npos) return std::nullopt;
  auto salt = from_base64(text.substr(0, dollar));
  auto hash = from_base64(text.substr(dollar + 1));
  if (!salt || !hash || salt->size() < 8 || hash->size() < 16) return std::nullopt;
  parsed.salt = std::move(*salt);
  parsed.hash = std::move(*hash);
  return parsed;
}

std::string print_phc(const Argon2Cost& cost, std::string_view salt, std::string_view hash) {
  return fmt::format("$argon2id$v=19$m={},t={},p={}${}${}", cost.memory_kib, cost.iterations,
                     cost.lanes, to_base64(salt), to_base64(hash));
}

// version,hash,salt in hex (Neo4j's ENCRYPTED form).
struct ParsedSha256 {
  int rounds = 1;
  std::string hash;
  std::string salt;
};

std::optional<std::string> from_hex(std::string_view text) {
  if (text.empty() || text.size() % 2 != 0 || text.size() > 256) return std::nullopt;
  std::string bytes;
  for (size_t i = 0; i < text.size(); i += 2) {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(text.data() + i, text.data() + i + 2, value, 16);
    if (error != std::errc() || end != text.data() + i + 2) return std::nullopt;
    bytes.push_back(static_cast<char>(value));
  }
  return bytes;
}

std::optional<ParsedSha256> parse_sha256(std::string_view text) {
  ParsedSha256 parsed;
  if (take(text, "1,")) {
    parsed.rounds = 1024;
  } else if (!take(text, "0,")) {
    return std::nullopt;
  }
  const size_t comma = text.find(',');
  if (comma == std::string_view::npos) return std::nullopt;
  auto hash = from_hex(text.substr(0, comma));
  auto salt = from_hex(text.substr(comma + 1));
  if (!hash || !salt || hash->size() != 32) return std::nullopt;
  parsed.hash = std::move(*hash);
  parsed.salt = std::move(*salt);
  return parsed;
}

bool verify_sha256(const Secret& password, const ParsedSha256& parsed) {
  Secret input(parsed.salt + std::string(password.reveal()));
  std::string digest(32, '\0');
  auto* out = reinterpret_cast<unsigned char*>(digest.data());
  EVP_Digest(input.reveal().data(), input.size(), out, nullptr, EVP_sha256(), nullptr);
  for (int round = 1; round < parsed.rounds; ++round) {
    EVP_Digest(digest.data(), digest.size(), out, nullptr, EVP_sha256(), nullptr);
  }
  return equal_in_constant_time(digest, parsed.hash);
}

}  // namespace

Result<std::string> hash_password(const Secret& password, const Argon2Cost& cost) {
  const std::string salt = random_bytes(kSaltBytes);
  TRELLIS_TRY_ASSIGN(const std::string hash, derive(password, salt, cost, kHashBytes));
  return print_phc(cost, salt, hash);
}

Result<bool> verify_password(const Secret& password, std::string_view encoded) {
  if (const auto phc = parse_phc(encoded)) {
    TRELLIS_TRY_ASSIGN(const std::string hash,
                       derive(password, phc->salt, phc->cost, phc->hash.size()));
    return equal_in_constant_time(hash, phc->hash);
  }
  if (const auto sha256 = parse_sha256(encoded)) return verify_sha256(password, *sha256);
  return false;
}

std::string unmatchable_hash(const Argon2Cost& cost) {
  return print_phc(cost, random_bytes(kSaltBytes), random_bytes(kHashBytes));
}

bool is_encoded_password(std::string_view encoded) {
  return parse_phc(encoded).has_value() || parse_sha256(encoded).has_value();
}

}  // namespace trellis::security
