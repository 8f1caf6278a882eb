// SPDX-License-Identifier: Apache-2.0
#include "value/batch.h"

#include <doctest/doctest.h>

namespace trellis::value {

TEST_CASE("vectors read the same in every layout") {
  const Value values[] = {Value::integer(7), Value(), Value::string("x")};
  const uint64_t ids[] = {10, 11, 12};
  const int64_t integers[] = {-1, 0, 1};
  CHECK_FALSE(Vector().is_set());
  CHECK(Vector().get(5).is_null());
  CHECK(Vector::constant(Value::integer(3)).get(99).as_integer() == 3);
  CHECK(Vector::flat(values).get(2).as_string() == "x");
  CHECK(Vector::nodes(ids).get(1).is(Type::kNode));
  CHECK(Vector::nodes(ids).get(1).entity_id() == 11);
  CHECK(Vector::relationships(ids).get(2).is(Type::kRelationship));
  CHECK(Vector::integers(integers).get(0).as_integer() == -1);
}

TEST_CASE("selections make dictionaries, and compose") {
  Arena arena;
  const int64_t integers[] = {0, 10, 20, 30, 40};
  const uint16_t odd[] = {1, 3};
  const uint16_t twice[] = {1, 1, 0};
  const Vector base = Vector::integers(integers);
  const Vector first = RowSelector(odd, 2, arena).select(base);
  CHECK(first.get(0).as_integer() == 10);
  CHECK(first.get(1).as_integer() == 30);
  RowSelector again(twice, 3, arena);
  const Vector second = again.select(first);
  CHECK(second.get(0).as_integer() == 30);
  CHECK(second.get(2).as_integer() == 10);
  // Vectors with one selection share the composed one.
  const int64_t others[] = {5, 6, 7, 8, 9};
  const Vector sibling = again.select(Vector::integers(others).with_selection(odd));
  CHECK(sibling.selection() == second.selection());
  CHECK(sibling.get(2).as_integer() == 6);
  // Constants need none.
  CHECK(again.select(Vector::constant(Value::integer(1))).selection() == nullptr);
}

TEST_CASE("batches select rows with their argument numbers and overlay slots") {
  Arena arena;
  const int64_t a[] = {1, 2, 3};
  const int64_t b[] = {4, 5};
  const uint16_t arguments[] = {0, 0, 1};
  Batch input(3);
  input.rows = 3;
  input.argument = arguments;
  input.slot(0) = Vector::integers(a);
  input.slot(2) = Vector::constant(Value::boolean(true));
  const uint16_t rows[] = {2, 0};
  Batch out(3);
  out.select(input, rows, 2, arena);
  CHECK(out.rows == 2);
  CHECK(out.slot(0).get(0).as_integer() == 3);
  CHECK(out.argument_of(0) == 1);
  CHECK(out.argument_of(1) == 0);
  CHECK_FALSE(out.slot(1).is_set());
  Batch more(3);
  more.rows = 2;
  more.slot(1) = Vector::integers(b);
  out.overlay(more, nullptr, 2, arena);
  CHECK(out.slot(1).get(1).as_integer() == 5);
  CHECK(out.slot(0).get(1).as_integer() == 1);
}

}  // namespace trellis::value
