#include "broker/identity_store.h"

#include <charconv>
#include <map>
#include <string_view>

#include "base/random.h"

namespace marquee::broker {

namespace {

constexpr int format_version = 1;
constexpr std::uint64_t file_bytes_most = 4096;

/// Lines of "name value".
std::map<std::string, std::string, std::less<>> read_lines(std::string_view text) {
  std::map<std::string, std::string, std::less<>> fields;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    if (const std::size_t space = line.find(' '); space != std::string_view::npos)
      fields.emplace(line.substr(0, space), line.substr(space + 1));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return fields;
}

template <class T>
std::optional<T> read_number(std::string_view text) {
  T value{};
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string trimmed(bytes_view content) {
  std::string text(as_text(content));
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

}  // namespace

result<std::optional<broker_identity>> identity_store::load() const {
  const auto content = read_file(files_, path("identity"), file_bytes_most);
  if (!content && content.error().code == error_code::not_found) return std::optional<broker_identity>();
  if (!content) return fail(content, path("identity"));
  auto fields = read_lines(as_text(*content));
  const auto version = read_number<int>(fields["format_version"]);
  if (version && *version > format_version)
    return fail(error_code::unsupported, path("identity") + " has format " + std::to_string(*version) +
                                             ", this release reads up to " + std::to_string(format_version));
  const auto cluster = uuid::parse(fields["cluster_id"]);
  const auto broker = read_number<std::int32_t>(fields["broker_id"]);
  const auto incarnation = read_number<std::int64_t>(fields["incarnation"]);
  if (!version || !cluster || !broker || !incarnation || *broker < 1)
    return fail(error_code::corrupt, path("identity") +
                                         " cannot be read; restore it from a copy, or start with an "
                                         "empty data directory as a new incarnation");
  return std::optional<broker_identity>({*cluster, {broker_id(*broker), incarnation_id(*incarnation)}});
}

result<> identity_store::save(const broker_identity& identity) {
  if (const auto there = load(); !there || *there)
    return there ? result<>(fail(error_code::already_exists, path("identity") + " is there already"))
                 : result<>(fail(there));
  const std::string text = "format_version " + std::to_string(format_version) + "\ncluster_id " +
                           to_string(identity.cluster_id) + "\nbroker_id " +
                           std::to_string(identity.replica.broker.value()) + "\nincarnation " +
                           std::to_string(identity.replica.incarnation.value()) + "\n";
  return replace_file(files_, path("identity"), as_bytes(text));
}

result<boot_count> identity_store::count_boot() {
  const auto content = read_file(files_, path("boot"), file_bytes_most);
  std::int64_t boots = 0;
  if (content) {
    const auto known = read_number<std::int64_t>(trimmed(*content));
    if (!known) return fail(error_code::corrupt, path("boot") + " cannot be read");
    boots = *known;
  } else if (content.error().code != error_code::not_found) {
    return fail(content, path("boot"));
  }
  ++boots;
  const std::string text = std::to_string(boots) + "\n";
  if (auto written = replace_file(files_, path("boot"), as_bytes(text)); !written) return fail(written);
  return boot_count(boots);
}

incarnation_id identity_store::new_incarnation() {
  random_source random(system_seed());
  return incarnation_id(random.between(1, (std::int64_t{1} << 52) - 1));
}

process_id identity_store::draw_process() {
  random_source random(system_seed());
  return process_id(random.between(1, (std::int64_t{1} << 52) - 1));
}

result<incarnation_id> identity_store::wanted_incarnation() {
  const auto content = read_file(files_, path("incarnation"), file_bytes_most);
  if (content) {
    const auto known = read_number<std::int64_t>(trimmed(*content));
    if (!known) return fail(error_code::corrupt, path("incarnation") + " cannot be read");
    return incarnation_id(*known);
  }
  if (content.error().code != error_code::not_found) return fail(content, path("incarnation"));
  const incarnation_id made = new_incarnation();
  const std::string text = std::to_string(made.value()) + "\n";
  if (auto written = replace_file(files_, path("incarnation"), as_bytes(text)); !written)
    return fail(written);
  return made;
}

}  // namespace marquee::broker
