// SPDX-License-Identifier: Apache-2.0
//
// The logical operations of a log frame: what one transaction did, with token ids and entity ids,
// so that applying frames in order to an image gives the same graph. docs/formats/log.md.
//
//   LogOpWriter   what a transaction records while it works.
//   LogOpSink     what decode_ops() calls, in order.
#pragma once

#include <span>
#include <vector>

#include "storage/codec.h"

namespace trellis::storage {

// On disk; never renumbered.
enum class LogOp : uint8_t {
  kNewToken = 1,
  kCreateNode = 2,
  kSetNodeProperty = 3,
  kAddLabel = 4,
  kRemoveLabel = 5,
  kDeleteNode = 6,
  kCreateRelationship = 7,
  kSetRelationshipProperty = 8,
  kDeleteRelationship = 9,
  kCreateIndex = 10,
  kDropIndex = 11,
  kCreateConstraint = 12,
  kDropConstraint = 13,
};

class LogOpWriter {
 public:
  uint32_t count() const { return count_; }
  bool empty() const { return count_ == 0; }
  const std::vector<std::byte>& bytes() const { return out_.bytes(); }
  std::vector<std::byte> take() { return std::move(out_.bytes()); }
  void clear() { *this = LogOpWriter(); }

  void new_token(TokenKind kind, uint32_t id, std::string_view name);
  void create_node(NodeId id, std::span<const LabelId> labels,
                   std::span<const Property> properties);
  void set_node_property(NodeId id, KeyId key, const value::Value& value);
  void add_label(NodeId id, LabelId label);
  void remove_label(NodeId id, LabelId label);
  void delete_node(NodeId id);
  void create_relationship(RelationshipId id, NodeId start, NodeId end, TypeId type,
                           std::span<const Property> properties);
  void set_relationship_property(RelationshipId id, KeyId key, const value::Value& value);
  void delete_relationship(RelationshipId id);
  void create_index(const IndexDescriptor& index);
  void drop_index(SchemaId id);
  void create_constraint(const ConstraintDescriptor& constraint);
  void drop_constraint(SchemaId id);

 private:
  void begin(LogOp op) {
    out_.u8(static_cast<uint8_t>(op));
    ++count_;
  }
  ByteWriter out_;
  uint32_t count_ = 0;
};

// Descriptors, as log and image write them.
void write_index(ByteWriter& out, const IndexDescriptor& index);
IndexDescriptor read_index(ByteReader& in);
void write_constraint(ByteWriter& out, const ConstraintDescriptor& constraint);
ConstraintDescriptor read_constraint(ByteReader& in);

// Each returns false when the operation cannot be applied: the log does not fit the graph.
class LogOpSink {
 public:
  virtual ~LogOpSink() = default;
  virtual bool new_token(TokenKind kind, uint32_t id, std::string_view name) = 0;
  virtual bool create_node(NodeId id, std::vector<LabelId> labels,
                           std::span<const Property> properties) = 0;
  virtual bool set_node_property(NodeId id, KeyId key, const value::Value& value) = 0;
  virtual bool set_label(NodeId id, LabelId label, bool present) = 0;
  virtual bool delete_node(NodeId id) = 0;
  virtual bool create_relationship(RelationshipId id, NodeId start, NodeId end, TypeId type,
                                   std::span<const Property> properties) = 0;
  virtual bool set_relationship_property(RelationshipId id, KeyId key,
                                         const value::Value& value) = 0;
  virtual bool delete_relationship(RelationshipId id) = 0;
  virtual bool create_index(const IndexDescriptor& index) = 0;
  virtual bool drop_index(SchemaId id) = 0;
  virtual bool create_constraint(const ConstraintDescriptor& constraint) = 0;
  virtual bool drop_constraint(SchemaId id) = 0;
};

// False: the bytes are no operations, or the sink refused one.
bool decode_ops(std::span<const std::byte> ops, uint32_t count, LogOpSink& sink);

}  // namespace trellis::storage
