// SPDX-License-Identifier: Apache-2.0
//
// Reading members of JSON objects that others wrote: what is missing or of another type is empty.
// Private to tls/acme's .cpp files.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tls/acme/problem.h"

namespace trellis::tls::acme {

inline constexpr size_t kMostElements = 1000;  // of an array that an authority sends

// Null: no JSON object.
std::optional<boost::json::object> parse_object(std::string_view text);

const boost::json::object* object_in(const boost::json::object& object, std::string_view name);
std::string text_in(const boost::json::object& object, std::string_view name);
std::vector<std::string> texts_in(const boost::json::object& object, std::string_view name);
std::optional<Problem> problem_in(const boost::json::object& object, std::string_view name);
std::optional<Identifier> identifier_in(const boost::json::object& object, std::string_view name);
Problem problem_of(const boost::json::object& object, int status);
Identifier identifier_of(const boost::json::object& object);

// For logs: control characters become blanks, and no more than `most` bytes are kept.
std::string one_line(std::string_view text, size_t most = 4000);

}  // namespace trellis::tls::acme
