// SPDX-License-Identifier: Apache-2.0
#include <xxhash.h>

#include "storage/image.h"

namespace trellis::storage {
namespace {

class ImageReader {
 public:
  ImageReader(os::File& file, const std::string& path, Graph& graph, ResidentTokens& tokens,
              Schema& schema)
      : file_(file),
        path_(path),
        graph_(graph),
        tokens_(tokens),
        schema_(schema),
        loader_(graph, tokens, schema) {}

  Result<LoadedImage> run() {
    TRELLIS_TRY_ASSIGN(const uint64_t size, file_.size());
    ImageBlock kind = ImageBlock::kHeader;
    do {
      TRELLIS_TRY_ASSIGN(kind, next_block(size));
      if (offset_of_block_ == 0 && kind != ImageBlock::kHeader) return damaged();
      if (!take(kind)) return damaged();
    } while (kind != ImageBlock::kEnd);
    graph_.nodes.reserve_ids(image_.header.next_node);
    graph_.relationships.reserve_ids(image_.header.next_relationship);
    schema_.epoch = image_.header.schema_epoch;
    image_.bytes = offset_;
    return std::move(image_);
  }

 private:
  static constexpr size_t kBlockHeaderBytes = 24;

  Result<ImageBlock> next_block(uint64_t size) {
    offset_of_block_ = offset_;
    std::array<std::byte, kBlockHeaderBytes> head{};
    TRELLIS_TRY_ASSIGN(const size_t got, file_.read_at(offset_, head));
    ByteReader in(head);
    const uint32_t kind = in.u32();
    in.u32();
    const uint64_t bytes = in.u64();
    const uint64_t checksum = in.u64();
    if (got != kBlockHeaderBytes || bytes > size - offset_ - kBlockHeaderBytes) return damaged();
    payload_.resize(bytes);
    TRELLIS_TRY(file_.read_at(offset_ + kBlockHeaderBytes, payload_));
    if (XXH3_64bits_withSeed(payload_.data(), payload_.size(), offset_ << 8 | kind) != checksum) {
      return damaged();
    }
    offset_ += kBlockHeaderBytes + bytes;
    return static_cast<ImageBlock>(kind);
  }

  bool take(ImageBlock kind) {
    ByteReader in(payload_);
    bool fits = true;
    switch (kind) {
      case ImageBlock::kHeader:
        fits = take_header(in);
        break;
      case ImageBlock::kTokens:
        fits = take_tokens(in);
        break;
      case ImageBlock::kSchema:
        take_schema(in);
        break;
      case ImageBlock::kNodes:
        fits = take_nodes(in);
        break;
      case ImageBlock::kRelationships:
        fits = take_relationships(in);
        break;
      case ImageBlock::kEnd:
        fits = in.varint() == nodes_ && in.varint() == relationships_;
        break;
      default:
        return false;
    }
    return fits && in.good();
  }

  bool take_header(ByteReader& in) {
    if (in.text() != "TRELLIS IMAGE" || in.varint() != 1) return false;
    ImageHeader& header = image_.header;
    header.uuid = in.text();
    header.index = in.varint();
    header.next_node = in.varint();
    header.next_relationship = in.varint();
    header.schema_epoch = in.varint();
    return header.uuid.size() == 36;
  }

  bool take_tokens(ByteReader& in) {
    for (uint32_t kind = 0; kind < kTokenKinds; ++kind) {
      const uint64_t count = in.varint();
      for (uint32_t id = 0; id < count && in.good(); ++id) {
        if (!tokens_.place(static_cast<TokenKind>(kind), id, in.text())) return false;
      }
    }
    return true;
  }

  void take_schema(ByteReader& in) {
    const uint64_t indexes = in.varint();
    for (uint64_t i = 0; i < indexes && in.good(); ++i) schema_.indexes.push_back(read_index(in));
    const uint64_t constraints = in.varint();
    for (uint64_t i = 0; i < constraints && in.good(); ++i) {
      schema_.constraints.push_back(read_constraint(in));
    }
  }

  bool take_nodes(ByteReader& in) {
    const uint64_t count = in.varint();
    for (uint64_t i = 0; i < count && in.good(); ++i) {
      const NodeId id = in.varint();
      std::vector<LabelId> labels;
      const uint64_t label_count = in.varint();
      for (uint64_t l = 0; l < label_count && in.good(); ++l) labels.push_back(in.varint32());
      arena_.reset();
      const auto properties = in.properties(arena_);
      if (!in.good() || !loader_.create_node(id, std::move(labels), properties)) return false;
    }
    nodes_ += count;
    return true;
  }

  bool take_relationships(ByteReader& in) {
    const uint64_t count = in.varint();
    for (uint64_t i = 0; i < count && in.good(); ++i) {
      const RelationshipId id = in.varint();
      const NodeId start = in.varint();
      const NodeId end = in.varint();
      const TypeId type = in.varint32();
      arena_.reset();
      const auto properties = in.properties(arena_);
      if (!in.good() || !loader_.create_relationship(id, start, end, type, properties)) {
        return false;
      }
    }
    relationships_ += count;
    return true;
  }

  tl::unexpected<Error> damaged() const {
    return fail(ErrorCode::Corruption,
                "The image {} is damaged in the block at offset {}. Restore the database from a "
                "backup.",
                path_, offset_of_block_);
  }

  os::File& file_;
  const std::string& path_;
  Graph& graph_;
  ResidentTokens& tokens_;
  Schema& schema_;
  GraphLoader loader_;
  Arena arena_;
  LoadedImage image_;
  std::vector<std::byte> payload_;
  uint64_t offset_ = 0;
  uint64_t offset_of_block_ = 0;
  uint64_t nodes_ = 0;
  uint64_t relationships_ = 0;
};

}  // namespace

Result<LoadedImage> load_image(os::FileSystem& files, const std::string& path, Graph& graph,
                               ResidentTokens& tokens, Schema& schema) {
  TRELLIS_TRY_ASSIGN(auto file, files.open(path, os::OpenMode::kRead));
  return ImageReader(*file, path, graph, tokens, schema).run();
}

}  // namespace trellis::storage
