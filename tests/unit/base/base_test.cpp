// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "base/arena.h"
#include "base/result.h"
#include "base/masked_secret.h"
#include "base/secret.h"

using namespace trellis;

TEST_CASE("an error carries the codes of its row") {
  const Error error = make_error(ErrorCode::UndefinedVariable, "Variable `{}` not defined", "x");
  CHECK(error.neo4j_code() == "Neo.ClientError.Statement.SyntaxError");
  CHECK(error.gqlstatus() == "42N62");
  CHECK(error.traits().detail == "UndefinedVariable");
  CHECK(error.classification() == Classification::kClientError);
  CHECK(error.message() == "Variable `x` not defined");
}

TEST_CASE("a foreign error keeps the codes it came with") {
  const Error error = Error::foreign(ErrorCode::RemoteTransientError,
                                     "Neo.TransientError.Transaction.DeadlockDetected", "50N05", "m");
  CHECK(error.classification() == Classification::kTransientError);
  CHECK(error.gqlstatus() == "50N05");
}

namespace {
Result<int> half(int x) {
  if (x % 2 != 0) return fail(ErrorCode::ArgumentError, "{} is odd", x);
  return x / 2;
}
Result<int> quarter(int x) {
  TRELLIS_TRY_ASSIGN(const int h, half(x));
  return half(h);
}
}  // namespace

TEST_CASE("TRELLIS_TRY_ASSIGN hands the error on") {
  CHECK(*quarter(8) == 2);
  CHECK(quarter(6).error().message() == "3 is odd");
}

TEST_CASE("an arena accounts for its chunks and gives them back") {
  MemoryTracker total(1 << 20);
  {
    Arena arena(&total);
    for (int i = 0; i < 1000; ++i) {
      auto* p = arena.alloc_array<uint64_t>(17);
      p[0] = p[16] = 1;
      CHECK(reinterpret_cast<uintptr_t>(p) % alignof(uint64_t) == 0);
    }
    CHECK(total.used_bytes() >= 1000 * 17 * 8);
    arena.reset();
    CHECK(total.used_bytes() <= (1 << 20));
    CHECK_FALSE(total.over_limit());
    arena.alloc(2 << 20);
    CHECK(total.over_limit());
  }
  CHECK(total.used_bytes() == 0);
}

TEST_CASE("secrets compare by content and move without a copy left behind") {
  std::string text = "correct horse";
  Secret a = Secret::take(text);
  CHECK(text.empty());
  CHECK(a == Secret("correct horse"));
  Secret b = std::move(a);
  CHECK(a.empty());
  CHECK_FALSE(b == Secret("correct mouse"));
}

TEST_CASE("a masked secret does not lie in its object's memory as it is") {
  const MaskedSecret masked{Secret("correct horse battery staple")};
  CHECK(masked.unmask().reveal() == "correct horse battery staple");
  CHECK(masked.clone().unmask() == masked.unmask());
  CHECK_FALSE(masked.empty());
  CHECK(MaskedSecret().empty());
  CHECK(MaskedSecret(Secret()).unmask().empty());
}
