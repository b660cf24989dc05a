#include "raft/storage/group_repair.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "raft/storage/group_recovery.h"
#include "raft/storage/segment_remover.h"

namespace marquee::raft {

namespace {

/// One group's segments, oldest first, as far as they can be believed.
class sound_beginning {
 public:
  sound_beginning(file_system& files, std::string folder, const group_id& group, const group_facts& facts)
      : files_(files), folder_(std::move(folder)), group_(group), facts_(facts) {}

  /// Errors: corrupt (the log's beginning is missing), unsupported, io.
  [[nodiscard]] result<> read() {
    auto bases = segment_bases(files_, folder_);
    if (!bases) return fail(bases);
    bases_ = std::move(*bases);
    // Segments that end before the log's beginning are nobody's loss.
    auto first = std::ranges::upper_bound(bases_, facts_.log_start.index);
    if (first != bases_.begin()) --first;
    for (auto base = first; base != bases_.end() && *base <= facts_.segments.base_index; ++base) {
      if (auto added = add(*base); !added) return added;
      if (damage_) return {};
    }
    if (segments_.empty() || segments_.back()->position() != facts_.segments)
      damage_ = error{error_code::corrupt,
                      fmt::format("{} ends before entry {}, up to which segments had been synced", folder_,
                                  facts_.segments.last_index.value())};
    return {};
  }

  [[nodiscard]] const std::vector<log_index>& bases() const { return bases_; }
  [[nodiscard]] std::vector<std::shared_ptr<segment>>& segments() { return segments_; }
  [[nodiscard]] const std::optional<error>& damage() const { return damage_; }
  /// The last of them holds something that is not sound.
  [[nodiscard]] bool last_is_damaged() const { return last_is_damaged_; }
  [[nodiscard]] bool has_beginning() const {
    return !segments_.empty() && segments_.front()->header().base_index <= facts_.log_start.index;
  }

 private:
  [[nodiscard]] result<> add(log_index base) {
    const bool active = base == facts_.segments.base_index;
    auto remains = segment::open_remains(files_, folder_, base,
                                         active ? std::optional(facts_.segments.file_bytes) : std::nullopt);
    if (!remains && remains.error().code != error_code::corrupt &&
        remains.error().code != error_code::not_found)
      return fail(remains);
    if (!remains) {
      damage_ = remains.error();
      return {};
    }
    if (!goes_on(*remains->sound)) {
      damage_ =
          error{error_code::corrupt, remains->sound->path() + " does not go on where the one before ends"};
      return {};
    }
    segments_.push_back(std::move(remains->sound));
    damage_ = remains->damage;
    last_is_damaged_ = damage_.has_value();
    return {};
  }

  [[nodiscard]] bool goes_on(const segment& next) const {
    if (next.header().group != group_) return false;
    if (segments_.empty()) return true;
    const segment_index& before = segments_.back()->index();
    return before.last_index() + 1 == next.header().base_index &&
           before.next_offset() == next.header().base_offset &&
           before.last_term() == next.header().base_term &&
           before.rolling_checksum() == next.header().rolling_checksum;
  }

  file_system& files_;
  const std::string folder_;
  const group_id group_;
  const group_facts& facts_;
  std::vector<log_index> bases_;
  std::vector<std::shared_ptr<segment>> segments_;
  std::optional<error> damage_;
  bool last_is_damaged_ = false;
};

result<std::shared_ptr<segment>> begin_from_nothing(file_system& files, const std::string& folder,
                                                    const group_id& group, const group_facts& facts) {
  if (auto made = files.create_directories(folder); !made) return fail(made);
  segment_header header;
  header.group = group;
  header.members = facts.bootstrap;
  return segment::create(files, folder, header);
}

}  // namespace

result<repaired_group> cut_off_damage(file_system& files, quarantine& kept, const std::string& folder,
                                      const group_id& group, const group_facts& facts) {
  sound_beginning found(files, folder, group, facts);
  if (auto read = found.read(); !read) return fail(read);
  const std::string what = found.damage() ? found.damage()->message : "";
  const bool from_nothing = !found.has_beginning();
  if (from_nothing && facts.log_start.index > log_index(1))
    return fail(error_code::corrupt,
                fmt::format("{}; the log begins with entry {} and the segment that holds it cannot be read",
                            what, facts.log_start.index.value()));
  repaired_group repaired;
  std::string moved;
  const auto aside = [&](const std::string& path) -> result<> {
    const auto taken = kept.take(path, group);
    if (!taken) return fail(taken);
    if (!taken->empty()) moved += (moved.empty() ? "" : ", ") + *taken;
    return {};
  };
  if (!from_nothing) repaired.segments = std::move(found.segments());
  const log_index last_base = from_nothing ? log_index(0) : repaired.segments.back()->header().base_index;
  for (const log_index base : found.bases()) {
    const bool dropped = !from_nothing && base < repaired.segments.front()->header().base_index;
    if (dropped)
      if (auto removed = remove_segment_files(files, folder, base); !removed) return fail(removed);
    if (base <= last_base) continue;
    if (auto taken = aside(segment_path(folder, base)); !taken) return fail(taken);
  }
  if (from_nothing) {
    auto first = begin_from_nothing(files, folder, group, facts);
    if (!first) return fail(first);
    repaired.segments.push_back(std::move(*first));
  } else if (found.last_is_damaged()) {
    auto anew = segment::write_anew(files, folder, *repaired.segments.back(), aside);
    if (!anew) return fail(anew);
    repaired.segments.back() = std::move(*anew);
  }
  if (auto removed =
          files.remove_file(segment_index_path(folder, repaired.segments.back()->header().base_index));
      !removed)
    return fail(removed);
  if (auto synced = files.sync_directory(folder); !synced) return fail(synced);
  repaired.text = what + (moved.empty() ? "" : "; moved to " + moved);
  return repaired;
}

}  // namespace marquee::raft
