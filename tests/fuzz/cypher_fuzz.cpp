// SPDX-License-Identifier: Apache-2.0
//
// Any text through normaliser, parser and semantics.
#include <cstddef>
#include <cstdint>

#include "cypher/functions/registry.h"
#include "support/front_end.h"

namespace {

using namespace trellis;
using namespace trellis::cypher;

class NoProcedures final : public ProcedureCatalog {
 public:
  const ProcedureSignature* find_procedure(std::string_view) const override { return nullptr; }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const FunctionRegistry functions;
  static const NoProcedures procedures;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto result = test::parse_and_analyze(text, normalize(text), {&functions, &procedures});
  if (result) TRELLIS_ASSERT(result->info != nullptr);
  return 0;
}
