// SPDX-License-Identifier: Apache-2.0
//
// Result<T>: a value or an Error. Result<> is success or an Error.
//
//   Result<File> open(...);
//   TRELLIS_TRY_ASSIGN(File file, open(...));
//   if (bad) return fail(ErrorCode::IoError, "Cannot read {}: {}", path, reason);
//   return {};                       // success of a Result<>
#pragma once

#include <tl/expected.hpp>
#include <utility>

#include "base/error.h"
#include "base/macros.h"

namespace trellis {

template <class T = void>
using Result = tl::expected<T, Error>;

template <class... Args>
[[nodiscard]] tl::unexpected<Error> fail(ErrorCode code, fmt::format_string<Args...> text,
                                         Args&&... args) {
  return tl::unexpected<Error>(make_error(code, text, std::forward<Args>(args)...));
}
[[nodiscard]] inline tl::unexpected<Error> fail(Error error) {
  return tl::unexpected<Error>(std::move(error));
}

}  // namespace trellis
