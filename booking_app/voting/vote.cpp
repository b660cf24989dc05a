#include "booking_app/voting/vote.h"

#include <simdjson.h>

#include <cstring>
#include <utility>

#include "booking_app/machine/digest.h"

namespace marquee::booking {
namespace {

using namespace simdjson;

/// One field of a record, in the order of the text.
struct text_field {
  std::string_view name;
  ondemand::value value;
};

/// Calls `visit` with each field of the object in `text` and with its bytes: name, value and the comma behind
/// it. False if the text is no JSON object or `visit` fails.
template <class Visit>
bool for_each_field(const std::string& text, Visit visit) {
  // One for each thread: it keeps its memory, which would otherwise be made anew for every vote.
  thread_local ondemand::parser parser;
  const padded_string padded(text);
  const char* const begin = padded.data();
  ondemand::document document;
  ondemand::object fields;
  if (parser.iterate(padded).get(document) != SUCCESS || document.get_object().get(fields) != SUCCESS)
    return false;
  for (auto each : fields) {
    ondemand::field field;
    if (std::move(each).get(field) != SUCCESS) return false;
    const auto name_begin = static_cast<std::size_t>(field.key().raw() - 1 - begin);
    std::string_view name;
    if (field.unescaped_key().get(name) != SUCCESS) return false;
    if (!visit(text_field{name, field.value()}, name_begin)) return false;
  }
  // Nothing may follow the object.
  return document.current_location().error() == OUT_OF_BOUNDS;
}

bool read(ondemand::value value, std::string& target) {
  std::string_view text;
  if (value.get_string().get(text) != SUCCESS) return false;
  target = text;
  return true;
}

bool read(ondemand::value value, std::int64_t& target) {
  return value.get_int64().get(target) == SUCCESS;
}

/// The object as it stands in the text.
bool read_object(ondemand::value value, std::string& target) {
  ondemand::object object;
  std::string_view raw;
  if (value.get_object().get(object) != SUCCESS || object.raw_json().get(raw) != SUCCESS) return false;
  target = raw;
  return true;
}

/// The answer without what says who gives it: `reply_text` of the machine, whose hash a vote carries.
class answer_cutter {
 public:
  explicit answer_cutter(const std::string& text) : text_(text) {}

  void next_field(std::string_view name, std::size_t begin) {
    keep_until(begin);
    begin_ = begin;
    skipped_ = name == "digest" || name == "replica" || name == "reply_hash";
  }
  std::string finish() {
    keep_until(text_.size());
    return std::move(kept_);
  }

 private:
  void keep_until(std::size_t end) {
    if (!skipped_) kept_.append(text_, begin_, end - begin_);
  }

  const std::string& text_;
  std::string kept_{};
  std::size_t begin_ = 0;
  bool skipped_ = false;
};

}  // namespace

result<vote> decode_vote(std::string text) {
  vote one;
  std::int64_t version = 1;
  unsigned seen = 0;
  answer_cutter cutter(text);
  const bool is_object = for_each_field(text, [&](text_field field, std::size_t begin) {
    cutter.next_field(field.name, begin);
    const auto take = [&](unsigned bit, auto& target) {
      seen |= bit;
      return read(field.value, target);
    };
    if (field.name == "replica") return take(1, one.replica);
    if (field.name == "offset") return take(2, one.offset);
    if (field.name == "at_offset") return take(4, one.at_offset);
    if (field.name == "client_id") return take(8, one.client_id);
    if (field.name == "reply_hash") return take(16, one.reply_hash);
    if (field.name == "digest") return take(32, one.digest);
    if (field.name == "replayed") return field.value.get_bool().get(one.replayed) == SUCCESS;
    return field.name != "v" || read(field.value, version);
  });
  if (!is_object) return fail(marquee::error_code::corrupt, "a vote must be a JSON object");
  if (version != 1)
    return fail(marquee::error_code::unsupported, "a vote of version " + std::to_string(version));
  if (seen != 63)
    return fail(marquee::error_code::corrupt,
                "a vote needs replica, offset, at_offset, client_id, reply_hash and digest");
  if (const std::string content = to_text(hash_of(cutter.finish())); content != one.reply_hash)
    one.reply_hash += " of " + content;
  one.text = std::move(text);
  return one;
}

result<voted_answer> decode_answer(const vote& decided) {
  voted_answer answer;
  std::string status;
  const bool whole = for_each_field(decided.text, [&](text_field field, std::size_t) {
    if (field.name == "code") return read(field.value, answer.code);
    if (field.name == "status") return read(field.value, status);
    if (field.name == "replayed") return field.value.get_bool().get(answer.replayed) == SUCCESS;
    if (field.name == "offset") return read(field.value, answer.offset);
    if (field.name == "at_offset") return read(field.value, answer.at_offset);
    if (field.name == "time_ms") return read(field.value, answer.time_ms);
    if (field.name == "show_version") return read(field.value, answer.show_version.emplace());
    return field.name != "body" || read_object(field.value, answer.body);
  });
  if (!whole || answer.code.empty() || answer.body.empty())
    return fail(marquee::error_code::corrupt, "a vote without a readable answer");
  answer.ok = status == "OK";
  answer.pushed = answer.at_offset != answer.offset && !answer.replayed;
  return answer;
}

}  // namespace marquee::booking
