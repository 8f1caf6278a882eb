// SPDX-License-Identifier: Apache-2.0
//
// Similarity of vectors given as lists of numbers, in single precision as in vector indexes.
#include <cmath>
#include <vector>

#include "cypher/functions/table.h"

namespace trellis::cypher::functions {
namespace {

using value::Type;
using value::Value;
using Arguments = std::span<const Value>;

Result<std::vector<float>> floats_of(std::string_view function, const Value& argument) {
  if (!argument.is(Type::kList)) {
    return wrong_argument(function, "a LIST<INTEGER | FLOAT>", argument);
  }
  std::vector<float> out;
  for (const Value& element : argument.as_list()) {
    if (!element.is_number()) return wrong_argument(function, "a LIST<INTEGER | FLOAT>", element);
    const auto f = static_cast<float>(element.as_number());
    if (!std::isfinite(f)) {
      return fail(ErrorCode::ArgumentError, "{}() takes finite numbers only.", function);
    }
    out.push_back(f);
  }
  if (out.empty()) return fail(ErrorCode::ArgumentError, "{}() takes no empty list.", function);
  return out;
}

struct Pair {
  std::vector<float> a;
  std::vector<float> b;
};
Result<Pair> pair_of(std::string_view function, Arguments args) {
  Pair pair;
  TRELLIS_TRY_ASSIGN(pair.a, floats_of(function, args[0]));
  TRELLIS_TRY_ASSIGN(pair.b, floats_of(function, args[1]));
  if (pair.a.size() != pair.b.size()) {
    return fail(ErrorCode::ArgumentError, "{}() takes vectors of one dimension, not {} and {}.",
                function, pair.a.size(), pair.b.size());
  }
  return pair;
}

// Scales a vector to length one; false for a vector of length zero.
bool normalize(std::vector<float>& v) {
  double squares = 0;
  for (const float x : v) squares += double{x} * x;
  if (squares == 0) return false;
  const double length = std::sqrt(squares);
  for (float& x : v) x = static_cast<float>(x / length);
  return true;
}

Result<Value> cosine(const FunctionContext&, Arguments args) {
  TRELLIS_TRY_ASSIGN(Pair pair, pair_of("vector.similarity.cosine", args));
  if (!normalize(pair.a) || !normalize(pair.b)) {
    return fail(ErrorCode::ArgumentError,
                "vector.similarity.cosine() takes no vector of length zero.");
  }
  float dot = 0;
  for (size_t i = 0; i < pair.a.size(); ++i) dot += pair.a[i] * pair.b[i];
  return Value::real((1.0F + dot) / 2.0F);
}

Result<Value> euclidean(const FunctionContext&, Arguments args) {
  TRELLIS_TRY_ASSIGN(const Pair pair, pair_of("vector.similarity.euclidean", args));
  float square = 0;
  for (size_t i = 0; i < pair.a.size(); ++i) {
    const float difference = pair.a[i] - pair.b[i];
    square += difference * difference;
  }
  return Value::real(1.0F / (1.0F + square));
}

}  // namespace

void add_vector(Table& table) {
  const auto row = [](std::string_view signature, std::string_view description,
                      Function::Call call) {
    return Row{.signature = signature,
               .arguments = {kListType, kListType},
               .result = StaticType::of(kFloatType),
               .description = description,
               .call = call};
  };
  add_rows(table, FunctionCategory::kVector,
           {
               row("vector.similarity.cosine(a :: LIST<INTEGER | FLOAT>, b :: LIST<INTEGER | "
                   "FLOAT>) :: FLOAT",
                   "How alike the directions of two vectors are, from 0 to 1.", cosine),
               row("vector.similarity.euclidean(a :: LIST<INTEGER | FLOAT>, b :: LIST<INTEGER | "
                   "FLOAT>) :: FLOAT",
                   "How near two vectors are, from 0 to 1.", euclidean),
           });
}

}  // namespace trellis::cypher::functions
