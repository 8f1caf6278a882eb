// SPDX-License-Identifier: Apache-2.0
#include "storage/log_ops.h"

namespace trellis::storage {

void LogOpWriter::new_token(TokenKind kind, uint32_t id, std::string_view name) {
  begin(LogOp::kNewToken);
  out_.u8(static_cast<uint8_t>(kind));
  out_.varint(id);
  out_.text(name);
}

void LogOpWriter::create_node(NodeId id, std::span<const LabelId> labels,
                              std::span<const Property> properties) {
  begin(LogOp::kCreateNode);
  out_.varint(id);
  out_.varint(labels.size());
  for (const LabelId label : labels) out_.varint(label);
  out_.properties(properties);
}

void LogOpWriter::set_node_property(NodeId id, KeyId key, const value::Value& value) {
  begin(LogOp::kSetNodeProperty);
  out_.varint(id);
  out_.varint(key);
  out_.value(value);
}

void LogOpWriter::add_label(NodeId id, LabelId label) {
  begin(LogOp::kAddLabel);
  out_.varint(id);
  out_.varint(label);
}

void LogOpWriter::remove_label(NodeId id, LabelId label) {
  begin(LogOp::kRemoveLabel);
  out_.varint(id);
  out_.varint(label);
}

void LogOpWriter::delete_node(NodeId id) {
  begin(LogOp::kDeleteNode);
  out_.varint(id);
}

void LogOpWriter::create_relationship(RelationshipId id, NodeId start, NodeId end, TypeId type,
                                      std::span<const Property> properties) {
  begin(LogOp::kCreateRelationship);
  out_.varint(id);
  out_.varint(start);
  out_.varint(end);
  out_.varint(type);
  out_.properties(properties);
}

void LogOpWriter::set_relationship_property(RelationshipId id, KeyId key,
                                            const value::Value& value) {
  begin(LogOp::kSetRelationshipProperty);
  out_.varint(id);
  out_.varint(key);
  out_.value(value);
}

void LogOpWriter::delete_relationship(RelationshipId id) {
  begin(LogOp::kDeleteRelationship);
  out_.varint(id);
}

void LogOpWriter::create_index(const IndexDescriptor& index) {
  begin(LogOp::kCreateIndex);
  write_index(out_, index);
}

void LogOpWriter::drop_index(SchemaId id) {
  begin(LogOp::kDropIndex);
  out_.varint(id);
}

void LogOpWriter::create_constraint(const ConstraintDescriptor& constraint) {
  begin(LogOp::kCreateConstraint);
  write_constraint(out_, constraint);
}

void LogOpWriter::drop_constraint(SchemaId id) {
  begin(LogOp::kDropConstraint);
  out_.varint(id);
}

void write_index(ByteWriter& out, const IndexDescriptor& index) {
  out.varint(index.id);
  out.text(index.name);
  out.u8(static_cast<uint8_t>(index.type));
  out.u8(static_cast<uint8_t>(index.entity));
  out.varint(index.token);
  out.varint(index.keys.size());
  for (const KeyId key : index.keys) out.varint(key);
  out.varint(index.owning_constraint ? uint64_t{*index.owning_constraint} + 1 : 0);
}

IndexDescriptor read_index(ByteReader& in) {
  IndexDescriptor index;
  index.id = in.varint32();
  index.name = in.text();
  const uint8_t type = in.u8();
  const uint8_t entity = in.u8();
  if (type > 1 || entity > 1) in.spoil();
  index.type = static_cast<IndexType>(type);
  index.entity = static_cast<EntityKind>(entity);
  index.token = in.varint32();
  const uint64_t keys = in.varint();
  for (uint64_t i = 0; i < keys && in.good(); ++i) index.keys.push_back(in.varint32());
  const uint64_t owner = in.varint();
  if (owner != 0) index.owning_constraint = static_cast<SchemaId>(owner - 1);
  return index;
}

void write_constraint(ByteWriter& out, const ConstraintDescriptor& constraint) {
  out.varint(constraint.id);
  out.text(constraint.name);
  out.u8(static_cast<uint8_t>(constraint.type));
  out.varint(constraint.label);
  out.varint(constraint.keys.size());
  for (const KeyId key : constraint.keys) out.varint(key);
  out.varint(constraint.owned_index);
}

ConstraintDescriptor read_constraint(ByteReader& in) {
  ConstraintDescriptor constraint;
  constraint.id = in.varint32();
  constraint.name = in.text();
  const uint8_t type = in.u8();
  if (type > 0) in.spoil();
  constraint.type = static_cast<ConstraintType>(type);
  constraint.label = in.varint32();
  const uint64_t keys = in.varint();
  for (uint64_t i = 0; i < keys && in.good(); ++i) constraint.keys.push_back(in.varint32());
  constraint.owned_index = in.varint32();
  return constraint;
}

namespace {

bool decode_create_node(ByteReader& in, Arena& arena, LogOpSink& sink) {
  const NodeId id = in.varint();
  const uint64_t count = in.varint();
  std::vector<LabelId> labels;
  for (uint64_t i = 0; i < count && in.good(); ++i) labels.push_back(in.varint32());
  const auto properties = in.properties(arena);
  return in.good() && sink.create_node(id, std::move(labels), properties);
}

bool decode_create_relationship(ByteReader& in, Arena& arena, LogOpSink& sink) {
  const RelationshipId id = in.varint();
  const NodeId start = in.varint();
  const NodeId end = in.varint();
  const TypeId type = in.varint32();
  const auto properties = in.properties(arena);
  return in.good() && sink.create_relationship(id, start, end, type, properties);
}

bool decode_set(ByteReader& in, Arena& arena, LogOpSink& sink, bool node) {
  const uint64_t id = in.varint();
  const KeyId key = in.varint32();
  const value::Value value = in.value(arena);
  if (!in.good()) return false;
  return node ? sink.set_node_property(id, key, value)
              : sink.set_relationship_property(id, key, value);
}

bool decode_label(ByteReader& in, LogOpSink& sink, bool present) {
  const NodeId id = in.varint();
  const LabelId label = in.varint32();
  return in.good() && sink.set_label(id, label, present);
}

bool decode_token(ByteReader& in, LogOpSink& sink) {
  const uint8_t kind = in.u8();
  const uint32_t id = in.varint32();
  const std::string_view name = in.text();
  return in.good() && kind <= 2 && sink.new_token(static_cast<TokenKind>(kind), id, name);
}

bool decode_schema(ByteReader& in, LogOp op, LogOpSink& sink) {
  switch (op) {
    case LogOp::kCreateIndex: {
      const IndexDescriptor index = read_index(in);
      return in.good() && sink.create_index(index);
    }
    case LogOp::kCreateConstraint: {
      const ConstraintDescriptor constraint = read_constraint(in);
      return in.good() && sink.create_constraint(constraint);
    }
    case LogOp::kDropIndex: {
      const SchemaId id = in.varint32();
      return in.good() && sink.drop_index(id);
    }
    case LogOp::kDropConstraint: {
      const SchemaId id = in.varint32();
      return in.good() && sink.drop_constraint(id);
    }
    default:
      return false;
  }
}

bool decode_op(ByteReader& in, Arena& arena, LogOpSink& sink) {
  const auto op = static_cast<LogOp>(in.u8());
  switch (op) {
    case LogOp::kNewToken:
      return decode_token(in, sink);
    case LogOp::kCreateNode:
      return decode_create_node(in, arena, sink);
    case LogOp::kSetNodeProperty:
      return decode_set(in, arena, sink, true);
    case LogOp::kAddLabel:
      return decode_label(in, sink, true);
    case LogOp::kRemoveLabel:
      return decode_label(in, sink, false);
    case LogOp::kDeleteNode: {
      const NodeId id = in.varint();
      return in.good() && sink.delete_node(id);
    }
    case LogOp::kCreateRelationship:
      return decode_create_relationship(in, arena, sink);
    case LogOp::kSetRelationshipProperty:
      return decode_set(in, arena, sink, false);
    case LogOp::kDeleteRelationship: {
      const RelationshipId id = in.varint();
      return in.good() && sink.delete_relationship(id);
    }
    default:
      return decode_schema(in, op, sink);
  }
}

}  // namespace

bool decode_ops(std::span<const std::byte> ops, uint32_t count, LogOpSink& sink) {
  ByteReader in(ops);
  Arena arena;
  for (uint32_t i = 0; i < count; ++i) {
    if (!decode_op(in, arena, sink)) return false;
    arena.reset();
  }
  return in.good();
}

}  // namespace trellis::storage
