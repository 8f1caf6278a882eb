// SPDX-License-Identifier: Apache-2.0
//
// Which notifications a client wants to see. Source: neo4j.com/docs/bolt, "HELLO", "RUN":
// notifications_minimum_severity, notifications_disabled_categories or _classifications.
#pragma once

#include <string>
#include <vector>

#include "cypher/result_stream.h"
#include "wire/messages.h"

namespace trellis::server {

class NotificationFilter {
 public:
  // What `wanted` says over what was in force before; InvalidRequest for an unknown severity.
  static Result<NotificationFilter> over(const NotificationFilter& base,
                                         const wire::NotificationFilter& wanted);
  bool passes(const cypher::Notification& notification) const;

 private:
  enum class Severity : uint8_t { kInformation, kWarning, kOff };
  Severity minimum_ = Severity::kInformation;
  std::vector<std::string> disabled_;  // upper case
};

}  // namespace trellis::server
