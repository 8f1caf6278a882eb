// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"

#include <optional>

#include "base/macros.h"

namespace trellis {
namespace {

constexpr Classification classify(std::string_view neo4j_code) {
  if (neo4j_code.starts_with("Neo.TransientError.")) return Classification::kTransientError;
  if (neo4j_code.starts_with("Neo.ClientError.")) return Classification::kClientError;
  return Classification::kDatabaseError;
}

constexpr ErrorTraits kTraits[] = {
#define TRELLIS_ERROR(name, neo4j, gql, detail, title) \
  ErrorTraits{#name, neo4j, gql, detail, title, classify(neo4j)},
#include "base/error_table.inc"
#undef TRELLIS_ERROR
};

}  // namespace

const ErrorTraits& traits_of(ErrorCode code) {
  const auto index = static_cast<size_t>(code);
  TRELLIS_ASSERT(index < std::size(kTraits));
  return kTraits[index];
}

std::string_view to_string(Classification classification) {
  switch (classification) {
    case Classification::kClientError:
      return "CLIENT_ERROR";
    case Classification::kTransientError:
      return "TRANSIENT_ERROR";
    case Classification::kDatabaseError:
      return "DATABASE_ERROR";
  }
  TRELLIS_UNREACHABLE();
}

ErrorCode code_for(std::string_view neo4j_code, std::string_view gqlstatus) {
  std::optional<size_t> by_code;
  std::optional<size_t> by_status;
  for (size_t i = 0; i < std::size(kTraits); ++i) {
    const bool same_code = kTraits[i].neo4j_code == neo4j_code;
    const bool same_status = kTraits[i].gqlstatus == gqlstatus;
    if (same_code && same_status) return static_cast<ErrorCode>(i);
    if (same_code && !by_code) by_code = i;
    if (same_status && !by_status) by_status = i;
  }
  if (by_code) return static_cast<ErrorCode>(*by_code);
  // An unknown Neo4j code is not made into a known one by its status.
  if (neo4j_code.empty() && by_status) return static_cast<ErrorCode>(*by_status);
  return ErrorCode::Unknown;
}

Error::Error(ErrorCode code, std::string message) : state_(std::make_unique<State>()) {
  state_->code = code;
  state_->message = std::move(message);
}

Error Error::foreign(ErrorCode code, std::string neo4j_code, std::string gqlstatus,
                     std::string message) {
  Error error(code, std::move(message));
  error.state_->foreign_neo4j_code = std::move(neo4j_code);
  error.state_->foreign_gqlstatus = std::move(gqlstatus);
  return error;
}

Error Error::clone() const {
  Error copy(state_->code, state_->message);
  copy.state_->foreign_neo4j_code = state_->foreign_neo4j_code;
  copy.state_->foreign_gqlstatus = state_->foreign_gqlstatus;
  copy.state_->foreign_description = state_->foreign_description;
  copy.state_->position = state_->position;
  if (state_->cause) copy.state_->cause = std::make_unique<Error>(state_->cause->clone());
  return copy;
}

std::string_view Error::neo4j_code() const {
  if (!state_->foreign_neo4j_code.empty()) return state_->foreign_neo4j_code;
  return traits().neo4j_code;
}

std::string_view Error::gqlstatus() const {
  if (!state_->foreign_gqlstatus.empty()) return state_->foreign_gqlstatus;
  return traits().gqlstatus;
}

Classification Error::classification() const { return classify(neo4j_code()); }

std::string Error::status_description() const {
  if (!state_->foreign_description.empty()) return state_->foreign_description;
  return fmt::format("{}. {}", traits().title, state_->message);
}

Error&& Error::at(SourcePosition position) && {
  state_->position = position;
  return std::move(*this);
}

Error&& Error::caused_by(Error cause) && {
  state_->cause = std::make_unique<Error>(std::move(cause));
  return std::move(*this);
}

Error&& Error::described_as(std::string status_description) && {
  state_->foreign_description = std::move(status_description);
  return std::move(*this);
}

}  // namespace trellis
