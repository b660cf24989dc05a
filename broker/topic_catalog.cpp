#include "broker/topic_catalog.h"

#include <utility>

#include "broker/metadata_codec.h"

namespace marquee::broker {

namespace {
constexpr std::uint64_t file_bytes_most = std::uint64_t{256} << 20;
}

result<> topic_catalog::load() {
  const auto content = read_file(files_, path_, file_bytes_most);
  if (!content && content.error().code == error_code::not_found) return {};
  if (!content) return fail(content, "the topic metadata " + path_);
  auto read = decode_metadata(as_text(*content));
  if (!read)
    return fail(read,
                "the topic metadata " + path_ + " (move it away to have it sent again by the controller)");
  const std::lock_guard lock(mutex_);
  current_ = std::make_shared<const cluster_metadata>(std::move(*read));
  return {};
}

result<cluster_metadata::push_verdict> topic_catalog::apply(const metadata_push& push) {
  const std::lock_guard one_at_a_time(pushes_);
  auto next = std::make_shared<cluster_metadata>(*snapshot());
  const cluster_metadata::push_verdict verdict = next->apply(push);
  if (verdict != cluster_metadata::push_verdict::applied) return verdict;
  const std::string text = encode_metadata(*next);
  if (auto written = replace_file(files_, path_, as_bytes(text)); !written)
    return fail(written, "the topic metadata " + path_);
  {
    const std::lock_guard lock(mutex_);
    current_ = std::move(next);
  }
  changed_.wake_all();
  return verdict;
}

metadata_snapshot topic_catalog::snapshot() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

}  // namespace marquee::broker
