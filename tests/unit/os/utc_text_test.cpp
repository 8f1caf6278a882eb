// SPDX-License-Identifier: Apache-2.0
#include "os/utc_text.h"

#include <doctest/doctest.h>

using namespace trellis;

TEST_CASE("a moment as people and machines read it, to the second, in UTC") {
  CHECK(os::utc_text(os::Clock::Wall()) == "1970-01-01T00:00:00Z");
  CHECK(os::utc_text(os::Clock::Wall(std::chrono::seconds(1'796'113'800))) ==
        "2026-12-01T08:30:00Z");
  // The second that has begun, after 1970 and before.
  CHECK(os::utc_text(os::Clock::Wall(std::chrono::milliseconds(1'999))) == "1970-01-01T00:00:01Z");
  CHECK(os::utc_text(os::Clock::Wall(std::chrono::milliseconds(-1))) == "1969-12-31T23:59:59Z");
}
