// SPDX-License-Identifier: Apache-2.0
#include "server/bolt/notification_filter.h"

#include <algorithm>

namespace trellis::server {

Result<NotificationFilter> NotificationFilter::over(const NotificationFilter& base,
                                                    const wire::NotificationFilter& wanted) {
  NotificationFilter filter = base;
  if (wanted.minimum_severity == "OFF") {
    filter.minimum_ = Severity::kOff;
  } else if (wanted.minimum_severity == "WARNING") {
    filter.minimum_ = Severity::kWarning;
  } else if (wanted.minimum_severity == "INFORMATION") {
    filter.minimum_ = Severity::kInformation;
  } else if (!wanted.minimum_severity.empty()) {
    return fail(ErrorCode::InvalidRequest,
                "'{}' is no notification severity. Use OFF, WARNING or INFORMATION.",
                wanted.minimum_severity);
  }
  if (wanted.disabled) filter.disabled_.assign(wanted.disabled->begin(), wanted.disabled->end());
  return filter;
}

bool NotificationFilter::passes(const cypher::Notification& notification) const {
  if (minimum_ == Severity::kOff) return false;
  if (minimum_ == Severity::kWarning && !notification.warning) return false;
  return std::find(disabled_.begin(), disabled_.end(), notification.category) == disabled_.end();
}

}  // namespace trellis::server
