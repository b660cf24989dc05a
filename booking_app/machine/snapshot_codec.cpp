#include "booking_app/machine/snapshot_codec.h"

#include <utility>
#include <vector>

#include "booking_app/machine/canonical.h"

namespace marquee::booking {
namespace {

constexpr std::string_view magic = "MQBOOKSM";
constexpr std::size_t header_bytes = magic.size() + sizeof(std::uint64_t);
constexpr std::size_t checksum_bytes = 2 * sizeof(std::uint64_t);

using purpose = canonical_writer::purpose;

/// Entities of one kind: how many, then each.
void write_all(std::string& target, auto&& visit) {
  std::string entities;
  std::uint64_t count = 0;
  canonical_writer writer(entities, purpose::snapshot);
  visit([&](entity_kind, const auto& entity) {
    ++count;
    writer(entity);
  });
  canonical_writer(target, purpose::snapshot)(count);
  target += entities;
}

template <class Entity>
void read_all(canonical_reader& reader, auto&& restore) {
  const std::size_t count = reader.count();
  for (std::size_t i = 0; i < count && !reader.failed(); ++i) {
    Entity entity;
    reader(entity);
    if (!reader.failed()) restore(std::move(entity));
  }
}

/// A stored answer with whose it is, as it is read.
struct owned_answer {
  std::string client;
  answer_key key;
  stored_answer stored;
};

void describe(auto& archive, is_entity<owned_answer> auto& o) {
  archive(o.client, o.key, o.stored);
}

std::string checksum_of(std::string_view data) {
  const digest_value hash = hash_of(data);
  std::string text;
  canonical_writer(text, purpose::snapshot)(hash.high, hash.low);
  return text;
}

void read_entities(canonical_reader& reader, machine_state& state) {
  reader(state.config);
  state.digest.update(entity_kind::settings, state.config);
  token_counter counter;
  reader(counter);
  state.locks.restore_counter(counter);
  read_all<client>(reader, [&](client read) { state.clients.restore(std::move(read)); });
  read_all<owned_answer>(reader, [&](owned_answer read) {
    state.clients.restore_answer(read.client, read.key, std::move(read.stored));
  });
  state.clients.restore_memory();
  read_all<session>(reader, [&](session read) { state.sessions.add(std::move(read)); });
  read_all<show>(reader, [&](show read) { state.shows.restore(std::move(read)); });
  read_all<hold>(reader, [&](hold read) { state.holds.add(std::move(read)); });
  state.holds.restore_memory();
  read_all<booking>(reader, [&](booking read) { state.bookings.add(std::move(read)); });
  state.bookings.restore_memory();
  read_all<waiting_entry>(reader, [&](waiting_entry read) { state.waiting.add(std::move(read)); });
  read_all<admission>(reader, [&](admission read) { state.admissions.add(std::move(read)); });
  read_all<lock>(reader, [&](lock read) { state.locks.restore(std::move(read)); });
  read_all<lock_waiter>(reader, [&](lock_waiter read) { state.locks.add_waiter(std::move(read)); });
  read_all<staged_append>(reader, [&](staged_append read) {
    state.locks.stage(read.lock, std::move(read.target), std::move(read.data));
  });
  read_all<lock_file>(reader, [&](lock_file read) { state.lock_files.append(read.target, read.content); });
}

}  // namespace

std::string encode_snapshot(const machine_state& state) {
  std::string bytes(magic);
  canonical_writer writer(bytes, purpose::snapshot);
  writer(snapshot_version);
  writer(state.clock.next_offset, state.clock.previous_timestamp_ms, state.clock.time_ms);
  writer(state.digest.total().high, state.digest.total().low);
  writer(state.config, state.locks.counter());
  write_all(bytes, [&](auto&& write) { state.clients.visit(write); });
  write_all(bytes, [&](auto&& write) { state.clients.visit_answers(write); });
  write_all(bytes, [&](auto&& write) { state.sessions.visit(write); });
  write_all(bytes, [&](auto&& write) { state.shows.visit(write); });
  write_all(bytes, [&](auto&& write) { state.holds.visit(write); });
  write_all(bytes, [&](auto&& write) { state.bookings.visit(write); });
  write_all(bytes, [&](auto&& write) { state.waiting.visit(write); });
  write_all(bytes, [&](auto&& write) { state.admissions.visit(write); });
  write_all(bytes, [&](auto&& write) { state.locks.visit(write); });
  write_all(bytes, [&](auto&& write) { state.locks.visit_waiters(write); });
  write_all(bytes, [&](auto&& write) { state.locks.visit_staged(write); });
  write_all(bytes, [&](auto&& write) { state.lock_files.visit(write); });
  return bytes + checksum_of(bytes);
}

result<std::unique_ptr<machine_state>> decode_snapshot(bytes_view snapshot) {
  if (snapshot.size() < header_bytes + checksum_bytes || as_text(snapshot.first(magic.size())) != magic)
    return fail(error_code::corrupt, "booking snapshot: not a snapshot");
  const bytes_view content = snapshot.first(snapshot.size() - checksum_bytes);
  if (checksum_of(as_text(content)) != as_text(snapshot.last(checksum_bytes)))
    return fail(error_code::corrupt, "booking snapshot: its checksum does not match");
  canonical_reader reader(content.subspan(magic.size()));
  std::uint32_t version = 0;
  reader(version);
  if (version != snapshot_version)
    return fail(error_code::unsupported, "booking snapshot: version " + std::to_string(version) +
                                             ", this release reads " + std::to_string(snapshot_version));
  auto state = std::make_unique<machine_state>();
  digest_value digest;
  reader(state->clock.next_offset, state->clock.previous_timestamp_ms, state->clock.time_ms);
  reader(digest.high, digest.low);
  read_entities(reader, *state);
  if (reader.failed() || reader.remaining() != 0)
    return fail(error_code::corrupt, "booking snapshot: its entities do not end where it ends");
  if (state->digest.total() != digest)
    return fail(error_code::corrupt, "booking snapshot: its entities do not have the digest that it names");
  return state;
}

}  // namespace marquee::booking
