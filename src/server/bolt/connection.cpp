// SPDX-License-Identifier: Apache-2.0
#include "server/bolt/connection.h"

#include <openssl/crypto.h>

namespace trellis::server {
namespace {

constexpr int kReadsPerTurn = 8;  // then other connections of the thread have theirs
constexpr size_t kShortRead = 8 << 10;  // nothing more is to be expected behind it at once
constexpr std::chrono::milliseconds kWorkerRetry{1};

}  // namespace

BoltConnection::BoltConnection(BoltShared& shared, BoltThread& thread,
                               std::unique_ptr<net::Stream> stream, std::string id,
                               std::shared_ptr<void> ticket)
    : shared_(shared),
      thread_(thread),
      stream_(std::move(stream)),
      id_(std::move(id)),
      ticket_(std::move(ticket)),
      handshake_(std::make_unique<wire::ServerHandshake>()),
      dechunker_(shared.settings.unauthenticated_message_limit) {}

void BoltConnection::open(BoltShared& shared, BoltThread& thread,
                          std::unique_ptr<net::Stream> stream, std::string id,
                          std::shared_ptr<void> ticket) {
  auto connection = std::make_shared<BoltConnection>(shared, thread, std::move(stream),
                                                     std::move(id), std::move(ticket));
  connection->slot_ = thread.connections.size();
  connection->registered_ = true;
  thread.connections.push_back(connection);
  connection->start();
}

void BoltConnection::start() {
  // The session may keep the waker longer than this connection lives.
  context_.waker = [weak = weak_from_this(), &io = stream_->thread()] {
    io.post([weak] {
      if (const auto self = weak.lock()) self->woken();
    });
  };
  arm_deadline(shared_.settings.handshake_timeout, "did not finish the Bolt handshake in time");
  readable();
}

void BoltConnection::arm_deadline(std::chrono::milliseconds delay, const char* complaint) {
  if (!deadline_) deadline_ = std::make_unique<net::Timer>(stream_->thread());
  deadline_->arm(delay, [this, complaint] {
    const auto self = shared_from_this();
    shared_.log.debug("[{}] {}.", id_, complaint);
    drop();
  });
}

// -- input --

void BoltConnection::read_on() {
  if (reading_ || !stream_ || closing_ || queue_full()) return;
  reading_ = true;
  stream_->wait(net::Interest::kRead, [self = shared_from_this()](Result<> ready) {
    self->reading_ = false;
    if (!self->stream_) return;
    if (!ready) return self->drop();
    self->readable();
  });
}

void BoltConnection::readable() {
  for (int turn = 0; turn < kReadsPerTurn && stream_ && !closing_ && !queue_full(); ++turn) {
    const std::span<std::byte> scratch(thread_.scratch);
    auto got = stream_->read_now(scratch);
    if (!got || got->kind == net::Transfer::Kind::kEnd) return drop();
    if (!got->moved()) break;
    feed(scratch.first(got->bytes));
    if (got->bytes < kShortRead) break;
  }
  pump();
  read_on();
}

void BoltConnection::feed(std::span<std::byte> bytes) {
  std::span<const std::byte> input = bytes;
  while (!input.empty() && stream_ && !closing_) {
    if (handshake_) {
      if (!shake_hands(input)) return;
      continue;
    }
    auto message = dechunker_.next(input);
    if (!message) {
      shared_.log.warn("[{}] {} Closing the connection to {}.", id_, message.error().message(),
                       to_string(stream_->peer()));
      return finish();
    }
    if (!*message) return;
    take(**message);
  }
}

// False: more bytes are needed, or the connection is at its end.
bool BoltConnection::shake_hands(std::span<const std::byte>& input) {
  auto step = handshake_->step(input, sending_);
  if (!step) {
    drop();
    return false;
  }
  if (*step == wire::HandshakeStep::kNeedMore) return false;
  if (*step == wire::HandshakeStep::kRefused) {
    shared_.log.debug("[{}] proposes no Bolt version that is spoken here: {}.", id_,
                      handshake_->proposals());
    finish();
    return false;
  }
  dbms::ClientInfo client;
  client.connection_id = id_;
  client.client_address = to_string(stream_->peer());
  client.protocol = "bolt";
  machine_ = std::make_unique<BoltMachine>(shared_.settings, shared_.sessions, std::move(client),
                                           to_string(stream_->local()), handshake_->version(),
                                           handshake_->by_manifest());
  handshake_.reset();
  arm_deadline(shared_.settings.authentication_timeout, "did not log on in time");
  return true;
}

bool BoltConnection::queue_full() const {
  return queue_.size() - queue_head_ >= shared_.settings.queue_messages ||
         queue_bytes_ >= shared_.settings.queue_bytes;
}

void BoltConnection::take(std::span<const std::byte> message) {
  const auto tag = wire::peek_tag(message);
  // What is queued before a RESET is ignored, and what runs is stopped, from now on.
  if (tag && *tag == wire::Tag::kReset && message.size() == 2) {
    machine_->interrupt();
    if (place_ == Place::kParked) woken();
  }
  const bool free = place_ == Place::kHere && machine_idle_ && queue_.empty() && !output_full();
  if (free) return run_message(message);
  queue_.emplace_back(reinterpret_cast<const char*>(message.data()), message.size());
  queue_bytes_ += message.size();
}

void BoltConnection::run_message(std::span<const std::byte> message) {
  machine_->arena().reset();
  auto request = wire::decode_request(message, machine_->wire_options(), machine_->arena());
  if (!known_) {
    // It may carry credentials; the memory is this connection's or its thread's.
    OPENSSL_cleanse(const_cast<std::byte*>(message.data()), message.size());
  }
  if (request) {
    machine_->start(std::move(*request));
  } else {
    machine_->reject(std::move(request.error()));
  }
  machine_idle_ = false;
  drive();
}

// -- the machine --

bool BoltConnection::can_go_on() const {
  return stream_ && !closing_ && place_ == Place::kHere && !output_full() &&
         (!machine_idle_ || queue_head_ < queue_.size());
}

// Goes on with whatever can go on here, and sends.
void BoltConnection::pump() {
  do {
    while (can_go_on()) {
      if (!machine_idle_) {
        prefer_worker_ ? hand_to_worker() : drive();
        continue;
      }
      std::string message = std::move(queue_[queue_head_++]);
      queue_bytes_ -= message.size();
      if (queue_head_ == queue_.size()) queue_.clear(), queue_head_ = 0;
      run_message(std::as_writable_bytes(std::span(message)));
    }
    flush();
  } while (can_go_on());
}

void BoltConnection::drive() {
  wake_seen_ = false;
  context_.yield_at = PollContext::Clock::now() + shared_.settings.first_slice;
  settle(machine_->poll(context_));
}

void BoltConnection::settle(Step step) {
  switch (step) {
    case Step::kDone:
      machine_idle_ = true;
      prefer_worker_ = false;
      log_on_changed();
      return;
    case Step::kClose:
      machine_idle_ = true;
      return finish();
    case Step::kOutputFull:  // pump() goes on when there is room
      prefer_worker_ = true;
      return;
    case Step::kYielded:
      return hand_to_worker();
    case Step::kBlocked:
      place_ = Place::kParked;
      keep_alive();
      if (wake_seen_) woken();
      return;
  }
}

void BoltConnection::hand_to_worker() {
  // What this slice produced goes out while the worker goes on.
  collect();
  place_ = Place::kWorker;
  keep_alive();
  flush();
  if (stream_) run_on_worker();
}

void BoltConnection::run_on_worker() {
  net::Task task([self = shared_from_this()]() mutable {
    self->context_.yield_at = PollContext::Clock::now() + self->shared_.settings.worker_slice;
    const Step step = self->machine_->poll(self->context_);
    auto& io = self->stream_->thread();
    io.post([self = std::move(self), step] { self->back_from_worker(step); });
  });
  wake_seen_ = false;
  if (shared_.workers.submit(task)) return;
  // All workers have their hands full: ask again.
  auto retry = std::make_shared<net::Timer>(stream_->thread());
  retry->arm(kWorkerRetry, [self = shared_from_this(), retry] { self->run_on_worker(); });
}

void BoltConnection::back_from_worker(Step step) {
  place_ = Place::kHere;
  if (closing_) return drop();
  settle(step == Step::kYielded && output_full() ? Step::kOutputFull : step);
  pump();
  read_on();
}

void BoltConnection::woken() {
  wake_seen_ = true;
  if (place_ != Place::kParked) return;
  place_ = Place::kHere;
  pump();
  read_on();
}

void BoltConnection::log_on_changed() {
  if (machine_->authenticated() == known_) return;
  known_ = !known_;
  const BoltSettings& settings = shared_.settings;
  dechunker_.set_limit(known_ ? settings.message_limit : settings.unauthenticated_message_limit);
  if (known_) return deadline_.reset();
  arm_deadline(settings.authentication_timeout, "did not log on again in time");
}

// -- output --

// The machine's buffer is emptied into ours whenever ours is not on its way out.
bool BoltConnection::output_full() const {
  return machine_ && machine_->out().size() >= shared_.settings.output_high_water;
}

void BoltConnection::collect() {
  if (!machine_ || place_ == Place::kWorker || machine_->out().empty()) return;
  if (sending_.empty() && !writing_) {
    std::swap(sending_, machine_->out());
  } else if (!writing_) {
    sending_.append(machine_->out().bytes());
    machine_->out().clear();
  }
}

void BoltConnection::flush() {
  if (!stream_) return;
  collect();
  while (!writing_ && !sending_.empty()) {
    auto sent = stream_->write_now(sending_.bytes());
    if (!sent) return drop();
    if (sent->moved()) {
      sending_.consume(sent->bytes);
      continue;
    }
    writing_ = true;
    if (!stall_) stall_ = std::make_unique<net::Timer>(stream_->thread());
    stall_->arm(shared_.settings.stall_timeout, [this] {
      const auto self = shared_from_this();
      shared_.log.warn("[{}] has not read its answer for {} ms: closing the connection.", id_,
                       shared_.settings.stall_timeout.count());
      drop();
    });
    stream_->wait(net::Interest::kWrite, [self = shared_from_this()](Result<> ready) {
      self->writing_ = false;
      if (!self->stream_) return;
      if (!ready) return self->drop();
      self->written();
    });
  }
  if (sending_.empty() && !writing_) {
    if (closing_ && place_ != Place::kWorker) return finish();
    go_idle();
  }
}

void BoltConnection::written() {
  if (stall_) stall_->cancel();
  // While a worker has the machine, or the connection closes, there is only the rest to send.
  if (place_ == Place::kHere && !closing_) {
    flush();
    pump();
    read_on();
  } else {
    flush();
  }
}

// Between messages an empty chunk tells a waiting client that its server is alive.
void BoltConnection::keep_alive() {
  const auto interval = shared_.settings.keep_alive;
  if (keep_alive_ || interval.count() == 0 || !known_) return;
  keep_alive_ = std::make_unique<net::Timer>(stream_->thread());
  keep_alive_->arm(interval, [this] {
    const auto self = shared_from_this();
    auto timer = std::move(keep_alive_);
    if (!busy() || !stream_ || closing_) return;
    if (sending_.empty()) wire::ChunkWriter::noop(sending_);
    keep_alive();
    flush();
  });
}

// -- the end --

void BoltConnection::go_idle() {
  if (busy() || place_ != Place::kHere || queue_head_ < queue_.size()) return;
  if (leaving_) return drop();
  sending_.release();
  stall_.reset();
  keep_alive_.reset();
  if (machine_) machine_->trim();
  if (queue_.capacity() != 0) std::vector<std::string>().swap(queue_);
  if (dechunker_.idle()) known_ ? dechunker_.release() : dechunker_.wipe();
}

void BoltConnection::finish() {
  if (!stream_) return;
  if (!closing_) {
    closing_ = true;
    deadline_.reset();
    keep_alive_.reset();
    if (place_ == Place::kWorker) machine_->abort();
    return flush();
  }
  if (!sending_.empty() || place_ == Place::kWorker) return;
  if (machine_ && !machine_->out().empty()) return flush();
  net::close_after_flush(std::move(stream_));
  drop();
}

void BoltConnection::drop() {
  closing_ = true;
  deadline_.reset();
  stall_.reset();
  keep_alive_.reset();
  if (place_ == Place::kWorker) {
    // The worker holds the machine, and the way back to this thread: the end comes with it.
    machine_->abort();
    if (stream_) stream_->close();
    return;
  }
  if (stream_) stream_->close();
  stream_.reset();
  machine_.reset();
  sending_.release();
  if (!std::exchange(registered_, false)) return;
  auto& open = thread_.connections;
  const auto self = std::move(open[slot_]);
  if (slot_ + 1 != open.size()) {
    open[slot_] = std::move(open.back());
    open[slot_]->slot_ = slot_;
  }
  open.pop_back();
}

void BoltConnection::shut_down(bool now) {
  leaving_ = true;
  if (now || !busy()) drop();
}

}  // namespace trellis::server
