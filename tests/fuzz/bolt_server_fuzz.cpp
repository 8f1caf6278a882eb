// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as the messages of a client, behind a handshake (the first byte picks the version) and,
// when its top bit is set, a log-on: each message has one answer, none after the end, and what is
// answered can be read.
#include <cstddef>
#include <cstdint>

#include "server/bolt/machine.h"
#include "unit/server/bolt_text.h"
#include "unit/server/fake_session.h"
#include "wire/chunking.h"

using namespace trellis;
using namespace trellis::server;

namespace {

constexpr wire::BoltVersion kVersions[] = {{4, 4}, {5, 0}, {5, 1}, {5, 2},
                                           {5, 4}, {5, 6}, {5, 7}, {5, 8}};

struct Conversation {
  explicit Conversation(wire::BoltVersion version)
      : machine(settings, sessions, {"bolt-1", "c", "bolt", ""}, "s:7687", version, false),
        reader(machine.wire_options()) {}

  // False at the end of the connection.
  bool drive() {
    PollContext context;
    size_t answers = 0;
    for (int turn = 0;; ++turn) {
      const auto step = machine.poll(context);
      for (const auto& text : reader.read(machine.out().bytes())) {
        TRELLIS_ASSERT(!text.starts_with("UNREADABLE"));
        if (!text.starts_with("RECORD")) ++answers;
      }
      machine.out().clear();
      if (step == BoltMachine::Step::kClose) {
        TRELLIS_ASSERT(answers <= 1);
        return false;
      }
      if (step == BoltMachine::Step::kDone) break;
      // What never ends by itself is interrupted, as a client would.
      if (step != BoltMachine::Step::kOutputFull) machine.abort();
      if (turn > 100) return false;
    }
    TRELLIS_ASSERT(answers == 1);
    return true;
  }

  std::shared_ptr<trellis::testing::FakeLog> log = std::make_shared<trellis::testing::FakeLog>();
  BoltSettings settings;
  SessionFactory sessions = [this](dbms::ClientInfo) {
    return std::make_unique<trellis::testing::FakeSession>(log);
  };
  BoltMachine machine;
  trellis::testing::AnswerReader reader;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const wire::BoltVersion version = kVersions[data[0] & 7];
  Conversation talk(version);
  if ((data[0] & 0x80) != 0) {
    talk.machine.start(trellis::testing::hello(version));
    talk.drive();
    if (version.has_logon()) {
      talk.machine.start(trellis::testing::logon());
      talk.drive();
    }
  }
  auto input = std::as_bytes(std::span(data + 1, size - 1));
  wire::Dechunker dechunker(1 << 16);
  for (;;) {
    auto message = dechunker.next(input);
    if (!message || !*message) return 0;
    talk.machine.arena().reset();
    const auto tag = wire::peek_tag(**message);
    if (tag && *tag == wire::Tag::kReset && (*message)->size() == 2) talk.machine.interrupt();
    auto request =
        wire::decode_request(**message, talk.machine.wire_options(), talk.machine.arena());
    if (request) {
      // A fake that spins or waits is ended by abort(); huge results are not the point here.
      if (auto* run = std::get_if<wire::Run>(&*request); run && run->query.starts_with("ROWS ")) {
        run->query = "ROWS 300";
      }
      talk.machine.start(std::move(*request));
    } else {
      talk.machine.reject(std::move(request.error()));
    }
    if (!talk.drive()) return 0;
  }
}
