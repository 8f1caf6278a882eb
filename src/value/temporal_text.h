// SPDX-License-Identifier: Apache-2.0
//
// Temporal values as text, in ISO 8601 as Neo4j writes it:
//   2015-07-21   +10000-01-01   -0044-03-15
//   21:40   21:40:32   21:40:32.142   short style: seconds and fractions only when not zero;
//                                       fractions of 3, 6 or 9 digits
//   21:40:00   21:40:32.1              full style, that of toString(): always with seconds,
//   fractions
//                                       without trailing zeros
//   21:40+01:00   21:40Z   1818-07-21T21:40:32.142+00:53:28[Europe/Stockholm]
//   P12Y5M14DT16H13M10.000000001S   PT-0.4S   PT0S
#pragma once

#include <string>

#include "value/value.h"

namespace trellis::value {

void append_text(std::string& out, Date date);
enum class ClockStyle : uint8_t { kShort, kFull };
void append_text(std::string& out, LocalTime time, ClockStyle style = ClockStyle::kShort);
void append_text(std::string& out, Time time, ClockStyle style = ClockStyle::kShort);
void append_text(std::string& out, LocalDateTime time, ClockStyle style = ClockStyle::kShort);
void append_text(std::string& out, const DateTime& time, ClockStyle style = ClockStyle::kShort);
void append_text(std::string& out, const Duration& duration);
void append_offset(std::string& out, int32_t offset_s);  // Z, +01:00, +00:53:28

}  // namespace trellis::value
