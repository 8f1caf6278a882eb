// SPDX-License-Identifier: Apache-2.0
//
// A callable that is moved and never copied, so that it can own streams, sessions, errors. One
// pointer wide, one allocation. Empty unless made from a callable; calling an empty one is a bug.
#pragma once

#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>

#include "base/macros.h"

namespace trellis::net {

template <class Signature>
class Callback;

template <class R, class... Args>
class Callback<R(Args...)> {
 public:
  Callback() = default;
  Callback(std::nullptr_t) {}
  template <class F>
    requires(!std::same_as<std::remove_cvref_t<F>, Callback> &&
             std::is_invocable_r_v<R, std::remove_cvref_t<F>&, Args...>)
  Callback(F&& function)
      : target_(std::make_unique<Target<std::remove_cvref_t<F>>>(std::forward<F>(function))) {}

  R operator()(Args... args) {
    TRELLIS_ASSERT(target_ != nullptr);
    return target_->call(std::forward<Args>(args)...);
  }
  explicit operator bool() const { return target_ != nullptr; }

 private:
  struct Callable {
    virtual ~Callable() = default;
    virtual R call(Args... args) = 0;
  };
  template <class F>
  struct Target final : Callable {
    explicit Target(F&& f) : function(std::move(f)) {}
    explicit Target(const F& f) : function(f) {}
    R call(Args... args) override { return function(std::forward<Args>(args)...); }
    F function;
  };
  std::unique_ptr<Callable> target_;
};

using Task = Callback<void()>;

}  // namespace trellis::net
