// SPDX-License-Identifier: Apache-2.0
#include <xxhash.h>

#include "storage/image.h"

namespace trellis::storage {
namespace {

void add_properties(ByteWriter& out, const Version* version) {
  const size_t count = version ? version->count : 0;
  out.varint(count);
  for (size_t i = 0; i < count; ++i) {
    out.varint(version->keys()[i]);
    out.value(version->values()[i]);
  }
}

}  // namespace

Result<> ImageWriter::block(ImageBlock kind, std::span<const std::byte> payload) {
  ByteWriter out;
  out.bytes().reserve(24 + payload.size());
  out.u32(static_cast<uint32_t>(kind));
  out.u32(0);
  out.u64(payload.size());
  // The block's place goes into the checksum, so that blocks cannot change places.
  out.u64(XXH3_64bits_withSeed(payload.data(), payload.size(),
                               offset_ << 8 | static_cast<uint64_t>(kind)));
  out.raw(payload.data(), payload.size());
  TRELLIS_TRY(file_->write_at(offset_, out.bytes()));
  offset_ += out.bytes().size();
  return {};
}

Result<> ImageWriter::header(const ImageHeader& header) {
  ByteWriter out;
  out.text("TRELLIS IMAGE");
  out.varint(1);
  out.text(header.uuid);
  out.varint(header.index);
  out.varint(header.next_node);
  out.varint(header.next_relationship);
  out.varint(header.schema_epoch);
  return block(ImageBlock::kHeader, out.bytes());
}

Result<> ImageWriter::tokens(const ResidentTokens& tokens) {
  ByteWriter out;
  for (uint32_t kind = 0; kind < kTokenKinds; ++kind) {
    const uint32_t count = tokens.sizes()[kind];
    out.varint(count);
    for (uint32_t id = 0; id < count; ++id) {
      out.text(tokens.name(static_cast<TokenKind>(kind), id));
    }
  }
  return block(ImageBlock::kTokens, out.bytes());
}

Result<> ImageWriter::schema(const Schema& schema) {
  ByteWriter out;
  out.varint(schema.indexes.size());
  for (const IndexDescriptor& index : schema.indexes) write_index(out, index);
  out.varint(schema.constraints.size());
  for (const auto& constraint : schema.constraints) write_constraint(out, constraint);
  return block(ImageBlock::kSchema, out.bytes());
}

void ImageWriter::add_node(NodeId id, std::span<const LabelId> labels, const Version& version) {
  payload_.varint(id);
  payload_.varint(labels.size());
  for (const LabelId label : labels) payload_.varint(label);
  add_properties(payload_, &version);
  ++nodes_in_block_;
  ++nodes_;
}

void ImageWriter::add_relationship(RelationshipId id, NodeId start, NodeId end, TypeId type,
                                   const Version* properties) {
  payload_.varint(id);
  payload_.varint(start);
  payload_.varint(end);
  payload_.varint(type);
  add_properties(payload_, properties);
  ++relationships_in_block_;
  ++relationships_;
}

Result<> ImageWriter::flush(ImageBlock kind, uint64_t& count) {
  if (count == 0) return {};
  ByteWriter out;
  out.varint(count);
  out.raw(payload_.bytes().data(), payload_.bytes().size());
  payload_.bytes().clear();
  count = 0;
  return block(kind, out.bytes());
}

Result<uint64_t> ImageWriter::finish() {
  ByteWriter out;
  out.varint(nodes_);
  out.varint(relationships_);
  TRELLIS_TRY(block(ImageBlock::kEnd, out.bytes()));
  TRELLIS_TRY(file_->sync_data());
  return offset_;
}

}  // namespace trellis::storage
