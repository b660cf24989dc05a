#include "broker/producer_id_reserve.h"

#include <algorithm>
#include <sstream>
#include <utility>

namespace marquee::broker {

result<> producer_id_reserve::load() {
  const auto content = read_file(files_, path_, 1 << 20);
  if (!content && content.error().code == error_code::not_found) return {};
  if (!content) return fail(content, path_);
  const std::lock_guard lock(mutex_);
  std::istringstream in{std::string(as_text(*content))};
  int version = 0;
  in >> version;
  if (version != 1)
    return fail(error_code::corrupt, path_ + " cannot be read: move it away, the ids in it are lost");
  producer_id_block block;
  while (in >> block.first >> block.count) blocks_.push_back(block);
  return {};
}

result<> producer_id_reserve::save_locked(const std::deque<producer_id_block>& blocks) {
  std::string text = "1\n";
  for (const producer_id_block& block : blocks)
    text += std::to_string(block.first) + " " + std::to_string(block.count) + "\n";
  return replace_file(files_, path_, as_bytes(text));
}

result<std::int64_t> producer_id_reserve::take() {
  const std::lock_guard lock(mutex_);
  if (current_.count == 0) {
    if (blocks_.empty())
      return fail(error_code::unavailable, "no producer ids are left and no write manager gave any");
    std::deque<producer_id_block> rest = blocks_;
    producer_id_block& front = rest.front();
    const producer_id_block taken{front.first, std::min(step, front.count)};
    front.first += taken.count;
    front.count -= taken.count;
    if (front.count == 0) rest.pop_front();
    if (auto saved = save_locked(rest); !saved) return fail(saved, path_);
    blocks_ = std::move(rest);
    current_ = taken;
  }
  --current_.count;
  return current_.first++;
}

result<> producer_id_reserve::add(const producer_id_block& block) {
  const std::lock_guard lock(mutex_);
  std::deque<producer_id_block> more = blocks_;
  more.push_back(block);
  if (auto saved = save_locked(more); !saved) return fail(saved, path_);
  blocks_ = std::move(more);
  return {};
}

std::int64_t producer_id_reserve::left() const {
  const std::lock_guard lock(mutex_);
  std::int64_t total = current_.count;
  for (const producer_id_block& block : blocks_) total += block.count;
  return total;
}

}  // namespace marquee::broker
