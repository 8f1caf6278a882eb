// SPDX-License-Identifier: Apache-2.0
//
// The only macros of the project (error tables, that are included, apart).
#pragma once

namespace trellis {
// Prints the broken invariant with its place and a stack trace where there is one, then aborts.
[[noreturn]] void assertion_failed(const char* condition, const char* file, int line);
}  // namespace trellis

// Stays on in release: a broken invariant must not reach the disk or a client.
#define TRELLIS_ASSERT(condition) \
  (static_cast<bool>(condition) ? void(0) : ::trellis::assertion_failed(#condition, __FILE__, __LINE__))
#define TRELLIS_UNREACHABLE() ::trellis::assertion_failed("unreachable", __FILE__, __LINE__)

#define TRELLIS_CONCAT_(a, b) a##b
#define TRELLIS_CONCAT(a, b) TRELLIS_CONCAT_(a, b)

// TRELLIS_TRY(expression of Result<T>);           returns the error from the enclosing function
// TRELLIS_TRY_ASSIGN(auto x, expression);         the same, else binds the value
#define TRELLIS_TRY(expression)                                                        \
  do {                                                                                 \
    if (auto trellis_result_ = (expression); !trellis_result_)                         \
      return ::tl::unexpected<::trellis::Error>(std::move(trellis_result_).error());   \
  } while (false)
#define TRELLIS_TRY_ASSIGN_(tmp, target, expression)                          \
  auto tmp = (expression);                                                    \
  if (!tmp) return ::tl::unexpected<::trellis::Error>(std::move(tmp).error()); \
  target = std::move(*tmp)
#define TRELLIS_TRY_ASSIGN(target, ...) \
  TRELLIS_TRY_ASSIGN_(TRELLIS_CONCAT(trellis_tmp_, __LINE__), target, (__VA_ARGS__))

// Clang's thread-safety annotations; nothing for other compilers.
#if defined(__clang__)
#define TRELLIS_THREAD_ANNOTATION(x) __attribute__((x))
#else
#define TRELLIS_THREAD_ANNOTATION(x)
#endif
#define CAPABILITY(x) TRELLIS_THREAD_ANNOTATION(capability(x))
#define SCOPED_CAPABILITY TRELLIS_THREAD_ANNOTATION(scoped_lockable)
#define GUARDED_BY(x) TRELLIS_THREAD_ANNOTATION(guarded_by(x))
#define PT_GUARDED_BY(x) TRELLIS_THREAD_ANNOTATION(pt_guarded_by(x))
#define REQUIRES(...) TRELLIS_THREAD_ANNOTATION(requires_capability(__VA_ARGS__))
#define REQUIRES_SHARED(...) TRELLIS_THREAD_ANNOTATION(requires_shared_capability(__VA_ARGS__))
#define ACQUIRE(...) TRELLIS_THREAD_ANNOTATION(acquire_capability(__VA_ARGS__))
#define ACQUIRE_SHARED(...) TRELLIS_THREAD_ANNOTATION(acquire_shared_capability(__VA_ARGS__))
#define TRY_ACQUIRE(...) TRELLIS_THREAD_ANNOTATION(try_acquire_capability(__VA_ARGS__))
#define RELEASE(...) TRELLIS_THREAD_ANNOTATION(release_capability(__VA_ARGS__))
#define RELEASE_SHARED(...) TRELLIS_THREAD_ANNOTATION(release_shared_capability(__VA_ARGS__))
#define RELEASE_GENERIC(...) TRELLIS_THREAD_ANNOTATION(release_generic_capability(__VA_ARGS__))
#define EXCLUDES(...) TRELLIS_THREAD_ANNOTATION(locks_excluded(__VA_ARGS__))
#define NO_THREAD_SAFETY_ANALYSIS TRELLIS_THREAD_ANNOTATION(no_thread_safety_analysis)
