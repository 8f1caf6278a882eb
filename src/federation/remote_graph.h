// SPDX-License-Identifier: Apache-2.0
//
// Graphs of other DBMSs as GraphSessions: what stands behind a remote alias.
//
//   begin()     takes note; the connection is acquired by the first statement's open()
//   run()       explicit transaction: BEGIN, RUN and PULL in one go; implicit: RUN and PULL, and
//   the
//               other side commits when the result has been read to its end
//   commit()    what was not read is discarded there, then COMMIT
//   rollback(), destruction    ROLLBACK, or RESET while something runs
//   terminate(), cancel()      RESET at once, from any thread; this side does not wait for an
//   answer
//
// The statement's text goes over with its USE clause blanked out, so that positions in errors stay
// right; parameters, access mode, metadata, bookmarks and what is left of the timeout go with it.
// Rows come in batches of at most 1,000, the next is asked for when the last is used up.
// Errors: see federation/remote_errors.h. A connection lost during COMMIT says that the outcome is
// unknown.
#pragma once

#include <filesystem>
#include <memory>

#include "base/log.h"
#include "dbms/remote_graphs.h"
#include "net/event_loop.h"
#include "os/clock.h"

namespace trellis::federation {

struct RemoteGraphOptions {
  std::filesystem::path trusted_dir;  // certificates trusted besides the system's
  const os::Clock* clock = nullptr;  // judges their dates; outlives the graphs; null: the machine's
  Logger log;
};

// The loop must outlive it; sessions may outlive it.
std::unique_ptr<dbms::RemoteGraphs> make_remote_graphs(net::EventLoop& loop,
                                                       RemoteGraphOptions options);

}  // namespace trellis::federation
