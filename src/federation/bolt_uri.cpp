// SPDX-License-Identifier: Apache-2.0
#include "federation/bolt_uri.h"

#include <algorithm>
#include <optional>

namespace trellis::federation {
namespace {

struct Scheme {
  std::string_view name;
  bool routing;
  Encryption encryption;
};

constexpr Scheme kSchemes[] = {
    {"bolt", false, Encryption::kNone},           {"bolt+s", false, Encryption::kVerified},
    {"bolt+ssc", false, Encryption::kUnverified}, {"neo4j", true, Encryption::kNone},
    {"neo4j+s", true, Encryption::kVerified},     {"neo4j+ssc", true, Encryption::kUnverified},
};

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : char(c); });
  return out;
}

std::optional<int> digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

// RFC 3986 percent-encoding; a broken escape stands for itself.
std::string decode(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      const auto high = digit(text[i + 1]);
      const auto low = digit(text[i + 2]);
      if (high && low) {
        out += static_cast<char>(*high * 16 + *low);
        i += 2;
        continue;
      }
    }
    out += text[i];
  }
  return out;
}

Result<> read_query(BoltUri& uri, std::string_view query) {
  while (!query.empty()) {
    const size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    const size_t equals = pair.find('=');
    if (equals == std::string_view::npos || equals == 0 || equals + 1 == pair.size()) {
      return fail(ErrorCode::InvalidAliasUrl,
                  "The URI's query has '{}', which is no key=value pair.", pair);
    }
    std::string key = decode(pair.substr(0, equals));
    if (key == "address") {
      return fail(ErrorCode::InvalidAliasUrl, "The URI's query must not have the key 'address'.");
    }
    for (const auto& [known, value] : uri.routing_context) {
      if (known == key) {
        return fail(ErrorCode::InvalidAliasUrl, "The URI's query has the key '{}' twice.", key);
      }
    }
    uri.routing_context.emplace_back(std::move(key), decode(pair.substr(equals + 1)));
  }
  return {};
}

}  // namespace

Result<BoltUri> parse_bolt_uri(std::string_view text) {
  const size_t colon = text.find("://");
  const std::string scheme = lower(text.substr(0, colon == std::string_view::npos ? 0 : colon));
  const auto* known = std::find_if(std::begin(kSchemes), std::end(kSchemes),
                                   [&](const Scheme& s) { return s.name == scheme; });
  if (known == std::end(kSchemes)) {
    return fail(ErrorCode::InvalidAliasUrl,
                "'{}' is no URI of a Neo4j server: it must begin with bolt://, bolt+s://, "
                "bolt+ssc://, neo4j://, neo4j+s:// or neo4j+ssc://.",
                text.substr(0, 256));
  }
  BoltUri uri;
  uri.routing = known->routing;
  uri.encryption = known->encryption;
  std::string_view rest = text.substr(colon + 3);
  std::string_view query;
  if (const size_t mark = rest.find('?'); mark != std::string_view::npos) {
    query = rest.substr(mark + 1);
    rest = rest.substr(0, mark);
  }
  if (rest.ends_with('/')) rest.remove_suffix(1);
  if (rest.find('@') != std::string_view::npos) {
    return fail(ErrorCode::InvalidAliasUrl,
                "A URI must not carry a user or password: give them separately.");
  }
  if (rest.empty() || rest.find_first_of("/#") != std::string_view::npos) {
    return fail(ErrorCode::InvalidAliasUrl,
                "'{}' must have a host and, if wanted, a port behind its scheme, and no path.",
                text.substr(0, 256));
  }
  auto endpoint = net::parse_endpoint(rest, kBoltPort);
  if (!endpoint || endpoint->host.empty() || endpoint->port == 0) {
    return fail(ErrorCode::InvalidAliasUrl, "'{}' is no host with an optional port.", rest);
  }
  uri.endpoint = std::move(*endpoint);
  if (!query.empty() && !uri.routing) {
    return fail(ErrorCode::InvalidAliasUrl,
                "A routing context ('?...') makes sense with neo4j:// schemes only.");
  }
  TRELLIS_TRY(read_query(uri, query));
  return uri;
}

}  // namespace trellis::federation
