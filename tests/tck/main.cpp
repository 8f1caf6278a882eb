// SPDX-License-Identifier: Apache-2.0
//
// tck_runner --features DIR [--graphs DIR] [--match TEXT] [--failures] [--floor FILE]
//            [--write-floor FILE] [--excused FILE] [--rows-per-batch N] [--self-test N]
//            [--bolt URI --password TEXT]
//
// Exit code 0: nothing fell below the floor (without one: nothing failed), and every planted error
// of the self-test was found.
#include <fmt/format.h>

#include <cstdlib>
#include <iterator>
#include <string_view>

#include "tck/report.h"

namespace {

using namespace trellis::tck;

struct Arguments {
  std::filesystem::path features, graphs, floor, write_floor, excused;
  std::string match, bolt, password;
  bool failures = false;
  uint32_t rows_per_batch = 2048;
  int self_test = 0;
};

Arguments parse(int argc, char** argv) {
  Arguments a;
  for (int i = 1; i < argc; ++i) {
    const std::string_view flag = argv[i];
    const auto next = [&]() -> std::string { return i + 1 < argc ? argv[++i] : ""; };
    if (flag == "--features") a.features = next();
    if (flag == "--graphs") a.graphs = next();
    if (flag == "--floor") a.floor = next();
    if (flag == "--write-floor") a.write_floor = next();
    if (flag == "--excused") a.excused = next();
    if (flag == "--match") a.match = next();
    if (flag == "--bolt") a.bolt = next();
    if (flag == "--password") a.password = next();
    if (flag == "--failures") a.failures = true;
    if (flag == "--rows-per-batch") a.rows_per_batch = static_cast<uint32_t>(std::stoul(next()));
    if (flag == "--self-test") a.self_test = std::stoi(next());
  }
  if (a.graphs.empty()) a.graphs = a.features.parent_path() / "graphs";
  return a;
}

bool declares_procedures(const Run& run) {
  for (const Step& step : run.steps) {
    if (step.text.starts_with("there exists a procedure ")) return true;
  }
  return false;
}

// Plants one wrong expectation in each of `wanted` passing runs, in turn of each kind; every one
// must make its run fail.
bool self_test(const std::vector<Run>& passing, int wanted, Executor& executor,
               const std::filesystem::path& graphs) {
  constexpr Alteration kKinds[] = {Alteration::kCell, Alteration::kRowCount,
                                   Alteration::kErrorDetail, Alteration::kSideEffect};
  size_t cursor[std::size(kKinds)] = {};
  int planted = 0;
  int found = 0;
  for (size_t kind = 0, idle = 0; planted < wanted && idle < std::size(kKinds);
       kind = (kind + 1) % std::size(kKinds)) {
    std::optional<Run> changed;
    // A stride spreads the runs over all folders.
    for (; cursor[kind] < passing.size() && !changed; cursor[kind] += 7) {
      changed = altered(passing[cursor[kind]], kKinds[kind]);
    }
    if (!changed) {
      ++idle;
      continue;
    }
    idle = 0;
    ++planted;
    if (!run_scenario(*changed, executor, graphs).passed) {
      ++found;
    } else {
      fmt::print("A planted error was not noticed: {}\n", changed->id());
    }
  }
  fmt::print("Self-test: {} wrong expectations planted, {} noticed\n", planted, found);
  return planted == wanted && found == planted;
}

}  // namespace

int main(int argc, char** argv) {
  const Arguments arguments = parse(argc, argv);
  const auto runs = load_runs(arguments.features);
  if (runs.empty()) {
    fmt::print(stderr, "No feature files below '{}'. Name the folder with --features.\n",
               arguments.features.string());
    return 2;
  }
  Report report;
  if (!arguments.excused.empty()) report.load_excused(arguments.excused);
  std::unique_ptr<Executor> executor;
  if (arguments.bolt.empty()) {
    executor = make_local_executor(arguments.rows_per_batch);
  } else {
    auto connected = make_bolt_executor(arguments.bolt, arguments.password);
    if (!connected) {
      fmt::print(stderr, "{}\n", connected.error().message());
      return 2;
    }
    executor = std::move(*connected);
  }
  std::vector<Run> passing;
  int selected = 0;
  for (const Run& run : runs) {
    if (run.id().find(arguments.match) == std::string::npos) continue;
    if (!arguments.bolt.empty() && declares_procedures(run)) continue;
    ++selected;
    if (std::getenv("TRELLIS_TCK_TRACE")) fmt::print(stderr, "{}\n", run.id());
    const Verdict verdict = run_scenario(run, *executor, arguments.graphs);
    report.add(run, verdict);
    if (verdict.passed) passing.push_back(run);
  }
  report.print(arguments.failures);
  bool good = arguments.floor.empty() ? report.total().failed == 0
                                      : report.meets_floor(arguments.floor);
  if (!arguments.write_floor.empty()) report.write_floor(arguments.write_floor);
  if (arguments.self_test > 0) {
    good &= self_test(passing, arguments.self_test, *executor, arguments.graphs);
  }
  fmt::print("TCK: {} passed, {} failed, {} excused of {}\n", report.total().passed,
             report.total().failed, report.total().excused, selected);
  return good ? 0 : 1;
}
