// SPDX-License-Identifier: Apache-2.0
#include "net/websocket.h"

#include <openssl/evp.h>

#include <array>
#include <cstring>

namespace trellis::net {
namespace {

enum Opcode : uint8_t { kContinuation = 0, kBinary = 2, kClose = 8, kPing = 9, kPong = 10 };
constexpr uint8_t kFinal = 0x80;
constexpr uint8_t kMasked = 0x80;
constexpr size_t kLargestControl = 125;
constexpr size_t kLargestFrameOut = 16 << 10;
constexpr uint16_t kNormal = 1000;
constexpr uint16_t kProtocolError = 1002;
constexpr uint16_t kUnsupportedData = 1003;
constexpr uint16_t kTooBig = 1009;

std::string base64(std::span<const unsigned char> bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes.data(),
                                   static_cast<int>(bytes.size()));
  text.resize(static_cast<size_t>(size));
  return text;
}

std::string accept_key(std::string_view key) {
  const std::string text = std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha1(), nullptr);
  return base64({digest, size});
}

class WebSocketStream final : public Stream {
 public:
  WebSocketStream(std::unique_ptr<Stream> lower, std::string early)
      : lower_(std::move(lower)), early_(std::move(early)) {}

  Result<Transfer> read_now(std::span<std::byte> into) override {
    if (peeked_ && !into.empty()) {
      into.front() = *std::exchange(peeked_, std::nullopt);
      return Transfer{Transfer::Kind::kBytes, 1};
    }
    for (;;) {
      if (ended_) return Transfer{Transfer::Kind::kEnd, 0};
      TRELLIS_TRY_ASSIGN(const Transfer raw, read_raw(into));
      if (raw.kind == Transfer::Kind::kEnd) {
        return fail(ErrorCode::ConnectionClosed, "{} left without a WebSocket close.",
                    to_string(peer()));
      }
      if (!raw.moved()) return raw;
      const size_t payload = unpack(into.first(raw.bytes));
      TRELLIS_TRY(flush_control());
      if (payload != 0) return Transfer{Transfer::Kind::kBytes, payload};
    }
  }

  Result<std::optional<std::byte>> peek_now() override {
    if (peeked_) return peeked_;
    std::byte first{};
    TRELLIS_TRY_ASSIGN(const Transfer got, read_now({&first, 1}));
    if (got.kind == Transfer::Kind::kEnd) {
      return fail(ErrorCode::ConnectionClosed, "{} closed the connection.", to_string(peer()));
    }
    if (got.moved()) peeked_ = first;
    return peeked_;
  }

  Result<Transfer> write_now(std::span<const std::byte> bytes) override {
    if (bytes.empty()) return Transfer{};
    if (said_close_ && frame_left_ == 0) {
      return fail(ErrorCode::ConnectionClosed, "The WebSocket to {} is closed.", to_string(peer()));
    }
    if (frame_left_ == 0) {
      TRELLIS_TRY(flush_control());
      if (!control_.empty()) return Transfer{};
      frame_left_ = std::min(bytes.size(), kLargestFrameOut);
      header_left_ = make_header(frame_left_);
    }
    // Header and payload go in one write. What was not taken is rebuilt from the same bytes.
    std::array<std::byte, kLargestFrameOut + sizeof(header_)> packet;
    for (;;) {
      const size_t payload = std::min(frame_left_, bytes.size());
      std::memcpy(packet.data(), header_.data() + (header_size_ - header_left_), header_left_);
      std::memcpy(packet.data() + header_left_, bytes.data(), payload);
      TRELLIS_TRY_ASSIGN(const Transfer sent,
                         lower_->write_now(std::span(packet).first(header_left_ + payload)));
      if (!sent.moved()) return sent;
      if (sent.bytes <= header_left_) {
        header_left_ -= sent.bytes;
        continue;
      }
      const size_t taken = sent.bytes - header_left_;
      header_left_ = 0;
      frame_left_ -= taken;
      return Transfer{Transfer::Kind::kBytes, taken};
    }
  }

  void wait(Interest interest, ReadyCallback ready) override {
    if (interest == Interest::kRead && (!early_.empty() || peeked_ || ended_)) {
      return thread().post([answer = std::move(ready)]() mutable { answer({}); });
    }
    lower_->wait(interest, std::move(ready));
  }

  void finish_writing() override {
    say_close(kNormal);
    lower_->finish_writing();
  }
  void close() override {
    say_close(kNormal);
    lower_->close();
  }
  const Endpoint& local() const override { return lower_->local(); }
  const Endpoint& peer() const override { return lower_->peer(); }
  IoThread& thread() override { return lower_->thread(); }
  std::optional<TlsSessionInfo> tls_info() const override { return lower_->tls_info(); }

 private:
  Result<Transfer> read_raw(std::span<std::byte> into) {
    if (early_.empty()) return lower_->read_now(into);
    const size_t count = std::min(early_.size(), into.size());
    std::memcpy(into.data(), early_.data(), count);
    early_.erase(0, count);
    if (early_.empty()) std::string().swap(early_);
    return Transfer{Transfer::Kind::kBytes, count};
  }

  // Takes frames apart in place; the payload ends up at the front.
  size_t unpack(std::span<std::byte> raw) {
    size_t payload = 0;
    size_t at = 0;
    while (at < raw.size() && !ended_) {
      if (in_header_) {
        in_header_ = !take_header(static_cast<uint8_t>(raw[at++]));
        if (!in_header_ && in_left_ == 0) end_of_frame();
        continue;
      }
      const size_t count = std::min<size_t>(in_left_, raw.size() - at);
      for (size_t i = 0; i < count; ++i) {
        const std::byte clear = raw[at + i] ^ std::byte{mask_[mask_at_]};
        mask_at_ = (mask_at_ + 1) & 3;
        if (in_control_) {
          control_in_.push_back(static_cast<char>(clear));
        } else {
          raw[payload++] = clear;
        }
      }
      at += count;
      in_left_ -= count;
      if (in_left_ == 0) end_of_frame();
    }
    return payload;
  }

  // One more byte of a frame's header; true when it was the last.
  bool take_header(uint8_t byte) {
    head_[head_size_++] = byte;
    if (head_size_ < 2) return false;
    const uint8_t length = head_[1] & 0x7f;
    const size_t extended = length == 126 ? 2 : length == 127 ? 8 : 0;
    if (head_size_ < 2 + extended + 4) {
      // What is wrong with the first two bytes is said before more is waited for.
      if (head_size_ == 2) check_head(length);
      return false;
    }
    uint64_t size = length;
    if (extended != 0) {
      size = 0;
      for (size_t i = 0; i < extended; ++i) size = size << 8 | head_[2 + i];
    }
    std::memcpy(mask_.data(), head_.data() + 2 + extended, mask_.size());
    mask_at_ = 0;
    head_size_ = 0;
    if (size > kLargestWebSocketFrame) {
      refuse(kTooBig);
      return false;
    }
    in_left_ = size;
    return true;
  }

  void check_head(uint8_t length) {
    const uint8_t opcode = head_[0] & 0x0f;
    in_control_ = (opcode & 0x08) != 0;
    control_opcode_ = opcode;
    const bool final = (head_[0] & kFinal) != 0;
    if ((head_[0] & 0x70) != 0 || (head_[1] & kMasked) == 0) return refuse(kProtocolError);
    if (in_control_) {
      const bool known = opcode == kClose || opcode == kPing || opcode == kPong;
      if (!known || !final || length > kLargestControl) refuse(kProtocolError);
      return;
    }
    if (opcode != kContinuation && opcode != kBinary) return refuse(kUnsupportedData);
    if ((opcode == kContinuation) != in_message_) return refuse(kProtocolError);
    in_message_ = !final;
  }

  void end_of_frame() {
    in_header_ = true;
    if (!in_control_) return;
    in_control_ = false;
    std::string content;
    content.swap(control_in_);
    if (control_opcode_ == kPing) {
      queue_control(kPong, content);
    } else if (control_opcode_ == kClose) {
      ended_ = true;
      if (!said_close_) queue_control(kClose, content.substr(0, 2));
      said_close_ = true;
    }
  }

  void refuse(uint16_t status) {
    ended_ = true;
    say_close(status);
  }
  void say_close(uint16_t status) {
    if (said_close_) return;
    said_close_ = true;
    queue_control(kClose, {static_cast<char>(status >> 8), static_cast<char>(status & 0xff)});
    (void)flush_control();
  }

  void queue_control(uint8_t opcode, const std::string& content) {
    if (control_sent_ != 0) return;  // the one before is on its way in pieces: this one is dropped
    control_.assign({static_cast<char>(kFinal | opcode), static_cast<char>(content.size())});
    control_ += content;
  }
  // Between data frames only.
  Result<> flush_control() {
    while (frame_left_ == 0 && !control_.empty()) {
      const auto rest = std::as_bytes(std::span(control_)).subspan(control_sent_);
      TRELLIS_TRY_ASSIGN(const Transfer sent, lower_->write_now(rest));
      if (!sent.moved()) return {};
      control_sent_ += sent.bytes;
      if (control_sent_ == control_.size()) {
        std::string().swap(control_);
        control_sent_ = 0;
      }
    }
    return {};
  }

  size_t make_header(size_t size) {
    header_[0] = kFinal | kBinary;
    if (size <= kLargestControl) {
      header_[1] = static_cast<uint8_t>(size);
      return header_size_ = 2;
    }
    header_[1] = 126;
    header_[2] = static_cast<uint8_t>(size >> 8);
    header_[3] = static_cast<uint8_t>(size & 0xff);
    return header_size_ = 4;
  }

  std::unique_ptr<Stream> lower_;
  std::string early_;
  std::optional<std::byte> peeked_;

  // the frame that comes in
  std::array<uint8_t, 14> head_{};
  std::array<uint8_t, 4> mask_{};
  uint8_t head_size_ = 0;
  uint8_t mask_at_ = 0;
  uint8_t control_opcode_ = 0;
  bool in_control_ = false;
  bool in_message_ = false;  // between the fragments of one
  bool in_header_ = true;
  bool ended_ = false;
  bool said_close_ = false;
  uint64_t in_left_ = 0;
  std::string control_in_;

  // the frames that go out
  std::string control_;
  size_t control_sent_ = 0;
  std::array<uint8_t, 4> header_{};
  size_t header_size_ = 0;
  size_t header_left_ = 0;
  size_t frame_left_ = 0;
};

}  // namespace

bool wants_websocket(const HttpRequest& request) {
  return request.header_has("Upgrade", "websocket") && request.header_has("Connection", "Upgrade");
}

HttpResponse websocket_answer(const HttpRequest& request) {
  const std::string_view key = request.header("Sec-WebSocket-Key");
  if (request.method != "GET" || key.size() != 24) {
    return {400, {}, "This is no WebSocket handshake (RFC 6455)."};
  }
  if (request.header("Sec-WebSocket-Version") != "13") {
    return {426, {{"Sec-WebSocket-Version", "13"}}, "Use WebSocket version 13."};
  }
  return {101,
          {{"Upgrade", "websocket"},
           {"Connection", "Upgrade"},
           {"Sec-WebSocket-Accept", accept_key(key)}},
          ""};
}

std::unique_ptr<Stream> make_websocket_stream(std::unique_ptr<Stream> lower, std::string early) {
  return std::make_unique<WebSocketStream>(std::move(lower), std::move(early));
}

}  // namespace trellis::net
