// SPDX-License-Identifier: Apache-2.0
//
// What an order needs around it, handed down from the composition root.
#pragma once

#include "base/log.h"
#include "config/tls_config.h"
#include "os/clock.h"
#include "tls/acme/store.h"
#include "tls/challenge_board.h"
#include "tls/stop_signal.h"

namespace trellis::tls::acme {

// Brings http-01 requests to the ChallengeBoard while an order runs. One thread calls.
class ChallengeResponder {
 public:
  virtual ~ChallengeResponder() = default;
  virtual Result<> open() = 0;  // success when it is open already
  virtual void close() = 0;
};

struct Surroundings {
  const config::AcmeConfig* config = nullptr;
  AcmeStore* store = nullptr;
  ChallengeBoard* board = nullptr;
  ChallengeResponder* responder = nullptr;
  const os::Clock* clock = nullptr;
  StopSignal* stop = nullptr;
  std::chrono::milliseconds between_looks{500};  // of each server at the storage
  Logger log;
};

}  // namespace trellis::tls::acme
