// SPDX-License-Identifier: Apache-2.0
//
// A full image of a database at one log index: docs/formats/image.md.
//
// A file is a row of checked blocks, ended by one that says how many entities there are, so that a
// file cut short is never taken for a small one.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "os/file_system.h"
#include "storage/codec.h"
#include "storage/graph_loader.h"

namespace trellis::storage {

struct ImageHeader {
  std::string uuid;
  uint64_t index = 0;  // the last commit in it
  NodeId next_node = 0;
  RelationshipId next_relationship = 0;
  uint64_t schema_epoch = 0;
};

enum class ImageBlock : uint32_t {
  kHeader = 1,
  kTokens = 2,
  kSchema = 3,
  kNodes = 4,
  kRelationships = 5,
  kEnd = 6,
};

// Appends blocks to a file. Not thread-safe.
class ImageWriter {
 public:
  explicit ImageWriter(std::unique_ptr<os::File> file) : file_(std::move(file)) {}

  Result<> header(const ImageHeader& header);
  Result<> tokens(const ResidentTokens& tokens);
  Result<> schema(const Schema& schema);
  // Entities of one segment: fill the block by these, then write it.
  void add_node(NodeId id, std::span<const LabelId> labels, const Version& version);
  void add_relationship(RelationshipId id, NodeId start, NodeId end, TypeId type,
                        const Version* properties);
  Result<> flush_nodes() { return flush(ImageBlock::kNodes, nodes_in_block_); }
  Result<> flush_relationships() {
    return flush(ImageBlock::kRelationships, relationships_in_block_);
  }
  // The end block; then everything is durable but the name. Returns the size.
  Result<uint64_t> finish();

 private:
  Result<> flush(ImageBlock kind, uint64_t& count);
  Result<> block(ImageBlock kind, std::span<const std::byte> payload);

  std::unique_ptr<os::File> file_;
  uint64_t offset_ = 0;
  ByteWriter payload_;
  uint64_t nodes_in_block_ = 0;
  uint64_t relationships_in_block_ = 0;
  uint64_t nodes_ = 0;
  uint64_t relationships_ = 0;
};

// Reads a whole image into a graph. Corruption with path and offset when it is not intact.
struct LoadedImage {
  ImageHeader header;
  uint64_t bytes = 0;
};
Result<LoadedImage> load_image(os::FileSystem& files, const std::string& path, Graph& graph,
                               ResidentTokens& tokens, Schema& schema);

}  // namespace trellis::storage
