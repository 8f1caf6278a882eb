// SPDX-License-Identifier: Apache-2.0
//
// Making, recovering and checkpointing a database's files.
#include <algorithm>

#include "storage/engine.h"
#include "storage/image.h"

namespace trellis::storage {
namespace {

constexpr std::string_view kImagePrefix = "image-";
constexpr std::string_view kImageTemporary = "image.tmp";

std::string image_name(uint64_t index) { return fmt::format("{}{:020}", kImagePrefix, index); }

// Does the segment hold a frame at its beginning?
bool holds_frames(os::FileSystem& files, const std::string& path) {
  auto bytes = os::read_file(files, path);
  if (!bytes || !parse_segment_header(*bytes)) return false;
  return parse_frame(std::span(*bytes).subspan(std::min(bytes->size(), kSegmentHeaderBytes)))
      .has_value();
}

}  // namespace

Result<> Engine::open() {
  TRELLIS_TRY(files_.make_directory(directory_));
  TRELLIS_TRY_ASSIGN(const auto names, files_.list(directory_));
  std::string newest;
  for (const std::string& name : names) {
    if (name.starts_with(kImagePrefix)) newest = name;  // fixed width: the last is the newest
  }
  RecoveredLog log;
  if (newest.empty()) {
    TRELLIS_TRY(remove_leftovers(names));
    TRELLIS_TRY_ASSIGN(log, create());
  } else {
    TRELLIS_TRY_ASSIGN(log, recover(newest));
    for (const std::string& name : names) {
      const bool stale =
          name == kImageTemporary || (name.starts_with(kImagePrefix) && name != newest);
      if (stale) TRELLIS_TRY(files_.remove(directory_ + "/" + name));
    }
  }
  snapshots.advance(log.position.next_index - 1);
  tokens.set_logged(tokens.sizes());
  log_ = std::make_unique<LocalLog>(
      files_, directory_, uuid_,
      LocalLogOptions{.segment_bytes = options_.segment_bytes, .own_thread = options_.log_thread},
      std::move(log), [this] { wake_upkeep(); });
  upkeep_thread_ = std::thread([this] { upkeep(); });
  if (checkpoint_due()) wake_upkeep();
  return {};
}

// Files of a creation that did not come to its end: nothing was ever acknowledged from them.
Result<> Engine::remove_leftovers(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    const std::string path = directory_ + "/" + name;
    if (name.starts_with(kSegmentPrefix)) {
      if (holds_frames(files_, path)) {
        return fail(ErrorCode::Corruption,
                    "{} holds commits, but there is no image that they belong to. Restore the "
                    "database from a backup.",
                    path);
      }
      TRELLIS_TRY(files_.remove(path));
    } else if (name == kImageTemporary) {
      TRELLIS_TRY(files_.remove(path));
    }
  }
  return {};
}

Result<RecoveredLog> Engine::create() {
  os::SecureRandom secure;
  uuid_ = (options_.random ? options_.random : &secure)->uuid();
  RecoveredLog log;
  TRELLIS_TRY_ASSIGN(auto segment, make_segment(files_, directory_, log.files.next_file_number++,
                                                options_.first_segment_bytes));
  SegmentHeader header;
  header.sequence = 1;
  header.first_index = 1;
  std::copy_n(uuid_.begin(), header.uuid.size(), header.uuid.begin());
  TRELLIS_TRY(begin_segment(*segment, header));
  log.files.used.push_back(std::move(segment));
  // The image comes last: it is what makes the folder a database.
  TRELLIS_TRY(checkpoint());
  return log;
}

Result<RecoveredLog> Engine::recover(const std::string& image) {
  Schema restored;
  MutexLock no_checkpoint(checkpoint_mutex_);
  WriteLatch hold(latch);
  TRELLIS_TRY_ASSIGN(LoadedImage loaded,
                     load_image(files_, directory_ + "/" + image, graph, tokens, restored));
  uuid_ = loaded.header.uuid;
  image_bytes_ = loaded.bytes;
  image_index_ = loaded.header.index;
  GraphLoader loader(graph, tokens, restored);
  TRELLIS_TRY_ASSIGN(
      RecoveredLog log,
      recover_log(files_, directory_, uuid_, loaded.header.index, [&](const Frame& frame) {
        return frame.header.kind == FrameKind::kCommit &&
               decode_ops(frame.ops, frame.header.op_count, loader);
      }));
  for (const IndexDescriptor& descriptor : restored.indexes) {
    if (descriptor.type != IndexType::kRange || descriptor.entity != EntityKind::kNode) continue;
    RangeIndex& index =
        graph.indexes.create(descriptor.id, descriptor.token, descriptor.keys.front(),
                             descriptor.owning_constraint.has_value());
    for (uint32_t s = 0; s < graph.nodes.segment_count(); ++s) graph.indexes.populate(index, s);
  }
  // Replayed schema changes count as one: plans are not older than the process.
  ++restored.epoch;
  schema.restore(std::move(restored));
  count_all();
  return log;
}

void Engine::count_all() {
  CountChanges all;
  for (uint32_t s = 0; s < graph.nodes.segment_count(); ++s) {
    const NodeSegment* segment = graph.nodes.segment(s);
    for (uint32_t i = 0; segment && i < kSegmentRows; ++i) {
      if (segment->head[i]) all.add_node(graph.label_sets.labels(segment->label_set[i]), 1);
    }
  }
  for (uint32_t s = 0; s < graph.relationships.segment_count(); ++s) {
    const RelationshipSegment* segment = graph.relationships.segment(s);
    for (uint32_t i = 0; segment && i < kSegmentRows; ++i) {
      if (segment->slots[i].created != kNever) all.add_relationship(segment->slots[i].type, 1);
    }
  }
  counts.apply(all);
}

Result<uint64_t> Engine::write_image(const std::string& path, const View& view,
                                     const Schema& schema_now) {
  TRELLIS_TRY_ASSIGN(auto file, files_.open(path, os::OpenMode::kCreateNew));
  ImageWriter out(std::move(file));
  ImageHeader header{.uuid = uuid_, .index = view.snapshot, .schema_epoch = schema_now.epoch};
  uint32_t node_segments = 0;
  uint32_t relationship_segments = 0;
  {
    ReadLatch hold(latch);
    header.next_node = graph.nodes.next_id();
    header.next_relationship = graph.relationships.next_id();
    node_segments = graph.nodes.segment_count();
    relationship_segments = graph.relationships.segment_count();
  }
  TRELLIS_TRY(out.header(header));
  TRELLIS_TRY(out.tokens(tokens));
  TRELLIS_TRY(out.schema(schema_now));
  for (uint32_t s = 0; s < node_segments; ++s) {
    {
      ReadLatch hold(latch);
      for (uint32_t i = 0; graph.nodes.segment(s) && i < kSegmentRows; ++i) {
        const NodeId id = uint64_t{s} * kSegmentRows + i;
        const Version* version = graph.nodes.visible(id, view);
        if (version) out.add_node(id, graph.label_sets.labels(version->label_set), *version);
      }
    }
    TRELLIS_TRY(out.flush_nodes());
  }
  for (uint32_t s = 0; s < relationship_segments; ++s) {
    {
      ReadLatch hold(latch);
      for (uint32_t i = 0; graph.relationships.segment(s) && i < kSegmentRows; ++i) {
        const RelationshipId id = uint64_t{s} * kSegmentRows + i;
        const RelationshipSlot* slot = graph.relationships.visible(id, view);
        if (!slot) continue;
        out.add_relationship(id, slot->start, slot->end, slot->type,
                             visible_version(slot->properties, view));
      }
    }
    TRELLIS_TRY(out.flush_relationships());
  }
  return out.finish();
}

Result<> Engine::checkpoint() {
  MutexLock one(checkpoint_mutex_);
  // No transaction has this mark: only what is committed is seen.
  const View view{snapshots.open(), kNever - 1};
  struct Closer {
    Snapshots& snapshots;
    uint64_t stamp;
    ~Closer() { snapshots.close(stamp); }
  } closer{snapshots, view.snapshot};
  // Taken after the snapshot, so never older than it; recovery takes changes again without harm.
  const auto schema_now = schema.current();
  const bool first = image_bytes_ == 0;
  if (!first && image_index_ == view.snapshot) return {};

  const std::string temporary = directory_ + "/" + std::string(kImageTemporary);
  if (auto there = files_.exists(temporary); there && *there) TRELLIS_TRY(files_.remove(temporary));
  auto written = write_image(temporary, view, *schema_now);
  if (!written) {
    (void)files_.remove(temporary);  // a half-written image would only waste the scarce space
    return fail(std::move(written).error());
  }
  TRELLIS_TRY(files_.rename(temporary, directory_ + "/" + image_name(view.snapshot)));
  TRELLIS_TRY(files_.sync_directory(directory_));
  if (!first) TRELLIS_TRY(files_.remove(directory_ + "/" + image_name(image_index_)));
  image_bytes_ = *written;
  image_index_ = view.snapshot;
  return log_ ? log_->cut(view.snapshot) : Result<>();
}

}  // namespace trellis::storage
