// SPDX-License-Identifier: Apache-2.0
#include "cypher/plan/procedure_signatures.h"

#include <utility>

namespace trellis::cypher {
namespace {

constexpr std::pair<std::string_view, TypeMask> kTypes[] = {
    {"BOOLEAN", kBooleanType},
    {"INTEGER", kIntegerType},
    {"FLOAT", kFloatType},
    {"NUMBER", kNumberType},
    {"STRING", kStringType},
    {"MAP", kMapType},
    {"NODE", kNodeType},
    {"RELATIONSHIP", kRelationshipType},
    {"PATH", kPathType},
    {"POINT", kPointType},
    {"DATE", kDateType},
    {"LOCAL TIME", kLocalTimeType},
    {"TIME", kZonedTimeType},
    {"ZONED TIME", kZonedTimeType},
    {"LOCAL DATETIME", kLocalDateTimeType},
    {"DATETIME", kZonedDateTimeType},
    {"ZONED DATETIME", kZonedDateTimeType},
    {"DURATION", kDurationType},
};

}  // namespace

StaticType static_type_of(std::string_view text) {
  while (text.ends_with('?') || text.ends_with(' ')) text.remove_suffix(1);
  if (text.starts_with("LIST<") && text.ends_with('>')) {
    return StaticType::list_of(static_type_of(text.substr(5, text.size() - 6)).mask);
  }
  if (text.starts_with("LIST")) return StaticType::of(kListType);
  for (const auto& [name, mask] : kTypes) {
    if (text == name) return StaticType::of(mask);
  }
  return {};
}

ProcedureSignatures::ProcedureSignatures(const ProcedureTable& table) {
  for (const Procedure& procedure : table.all()) {
    ProcedureSignature signature;
    signature.name = procedure.name;
    signature.mode = procedure.mode;
    for (const ProcedureArgument& argument : procedure.arguments) {
      ProcedureField field;
      field.name = argument.name;
      field.type = static_type_of(argument.type);
      field.has_default = argument.default_value.has_value();
      signature.inputs.push_back(field);
    }
    for (const SourceColumn& column : procedure.columns) {
      ProcedureField field;
      field.name = column.name;
      field.type = static_type_of(column.type);
      signature.outputs.push_back(field);
    }
    signatures_.emplace(procedure.name, std::move(signature));
  }
}

const ProcedureSignature* ProcedureSignatures::find_procedure(std::string_view name) const {
  const auto it = signatures_.find(name);
  return it == signatures_.end() ? nullptr : &it->second;
}

}  // namespace trellis::cypher
