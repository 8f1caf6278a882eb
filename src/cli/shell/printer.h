// SPDX-License-Identifier: Apache-2.0
//
// Results as text: tables with a frame (verbose) or comma-separated values (plain), as cypher-shell
// prints them.
//
//   +---------+        n, name
//   | n | name |       1, "x"
//   +---------+
//   | 1 | "x"  |
//   +---------+
//
//   1 row
//   ready to start consuming query after 3 ms, results consumed after another 1 ms
//
// Columns of a table are as wide as the widest of the first sample_rows rows; later values that are
// wider are wrapped, or cut.
#pragma once

#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "cypher/result_stream.h"

namespace trellis::cli::shell {

struct PrinterOptions {
  bool table = false;
  bool wrap = true;
  bool notifications = false;
  size_t sample_rows = 1000;
};

class ResultPrinter {
 public:
  ResultPrinter(PrinterOptions options, FILE* out) : options_(options), out_(out) {}

  void begin(const std::vector<std::string>& columns);
  void rows(const cypher::RowBatch& batch);
  void end(const cypher::Summary& summary, std::chrono::milliseconds until_first,
           std::chrono::milliseconds after);

 private:
  using Row = std::vector<std::string>;
  void print_sampled();
  void print_row(const Row& row);
  void print_rule();
  void print_heading();
  void print_plan(const cypher::Summary& summary, std::chrono::milliseconds took);

  PrinterOptions options_;
  FILE* out_;
  std::vector<std::string> columns_;
  std::vector<size_t> widths_;
  std::vector<Row> sampled_;
  bool started_ = false;
  uint64_t count_ = 0;
};

// Columns that the text takes on a terminal.
size_t display_width(std::string_view text);

}  // namespace trellis::cli::shell
