// SPDX-License-Identifier: Apache-2.0
//
// One Bolt connection: moves bytes between a Stream and a BoltMachine, and the machine between its
// I/O thread and the workers.
//
// Threads: every method on the stream's thread. The machine is driven by one thread at a time: by
// the I/O thread for a first slice, then by workers, slice by slice; in between it is parked until
// its waker calls, or its output has drained. The socket is read all the while (so a RESET, or the
// client's end, stops what runs), unless the queue of waiting requests is full.
//
// Invariants
//   1. An idle connection holds no buffer: input goes through the thread's scratch buffer.
//   2. Unsent output is at most two high-water marks; then the machine waits.
//   3. What was answered before a close still goes out.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "base/log.h"
#include "net/stream.h"
#include "net/worker_pool.h"
#include "server/bolt/machine.h"
#include "server/bolt/settings.h"
#include "wire/chunking.h"
#include "wire/handshake.h"

namespace trellis::server {

class BoltConnection;

// What the connections of one I/O thread share; used on that thread alone.
struct BoltThread {
  std::array<std::byte, 64 << 10> scratch;
  std::vector<std::shared_ptr<BoltConnection>> connections;  // that are open; they live by this
};

// What all connections of a server share.
struct BoltShared {
  BoltSettings settings;
  SessionFactory sessions;
  net::WorkerPool& workers;
  Logger log;
};

class BoltConnection : public std::enable_shared_from_this<BoltConnection> {
 public:
  // Made, registered with its thread and started.
  static void open(BoltShared& shared, BoltThread& thread, std::unique_ptr<net::Stream> stream,
                   std::string id, std::shared_ptr<void> ticket);
  BoltConnection(BoltShared& shared, BoltThread& thread, std::unique_ptr<net::Stream> stream,
                 std::string id, std::shared_ptr<void> ticket);
  // Closes when nothing runs; `now`: at once, what runs is stopped.
  void shut_down(bool now);

 private:
  enum class Place : uint8_t {
    kHere,    // with the I/O thread
    kWorker,  // with a worker, or on the way there or back
    kParked,  // waits for its waker
  };
  using Step = BoltMachine::Step;

  void start();
  void arm_deadline(std::chrono::milliseconds delay, const char* complaint);

  // input
  void read_on();
  void readable();
  void feed(std::span<std::byte> bytes);
  bool shake_hands(std::span<const std::byte>& input);
  void take(std::span<const std::byte> message);
  void run_message(std::span<const std::byte> message);
  bool queue_full() const;

  // the machine
  void pump();
  void drive();
  void settle(Step step);
  void hand_to_worker();
  void run_on_worker();
  void back_from_worker(Step step);
  void woken();
  void log_on_changed();

  // output
  void collect();
  void flush();
  void written();
  void keep_alive();

  void go_idle();
  void finish();  // what is unsent, then the end
  void drop();    // the end, now
  bool busy() const { return !machine_idle_; }
  bool output_full() const;
  bool can_go_on() const;

  BoltShared& shared_;
  BoltThread& thread_;
  std::unique_ptr<net::Stream> stream_;  // null: closed
  const std::string id_;
  const std::shared_ptr<void> ticket_;  // counts this connection as long as it lives
  size_t slot_ = 0;                     // in thread_.connections

  std::unique_ptr<wire::ServerHandshake> handshake_;  // until the version is agreed
  std::unique_ptr<BoltMachine> machine_;              // from then on
  wire::Dechunker dechunker_;
  std::vector<std::string> queue_;  // requests that wait
  size_t queue_head_ = 0;
  size_t queue_bytes_ = 0;

  wire::ByteBuffer sending_;
  PollContext context_;
  Place place_ = Place::kHere;
  bool machine_idle_ = true;    // no request in progress
  bool prefer_worker_ = false;  // what runs has had its slice on the I/O thread
  bool wake_seen_ = false;
  bool reading_ = false;
  bool writing_ = false;
  bool closing_ = false;  // nothing more is read or started
  bool leaving_ = false;  // closes once idle
  bool known_ = false;    // authenticated
  bool registered_ = false;
  std::unique_ptr<net::Timer> deadline_;    // handshake, then log-on
  std::unique_ptr<net::Timer> keep_alive_;  // while a request takes long
  std::unique_ptr<net::Timer> stall_;       // while the client does not read
};

}  // namespace trellis::server
