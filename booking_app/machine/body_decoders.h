#pragma once

#include "booking_app/machine/command.h"
#include "booking_app/machine/field_reader.h"

// Readers of the bodies of commands. Problems go into the field_reader.
namespace marquee::booking {

/// The decoder of a type; nothing for an unknown type.
using body_decoder = command_body (*)(field_reader&);
[[nodiscard]] body_decoder find_body_decoder(std::string_view type);

[[nodiscard]] std::string_view read_show_id(field_reader& body);
[[nodiscard]] std::vector<std::string_view> read_seats(field_reader& body);
[[nodiscard]] std::optional<std::vector<std::string_view>> read_optional_seats(field_reader& body,
                                                                               std::string_view name);
[[nodiscard]] seat_request read_seat_request(field_reader& body);

[[nodiscard]] command_body decode_show_add(field_reader& body);
[[nodiscard]] command_body decode_show_update(field_reader& body);
[[nodiscard]] command_body decode_show_remove(field_reader& body);

[[nodiscard]] command_body decode_seat_hold(field_reader& body);
[[nodiscard]] command_body decode_hold_extend(field_reader& body);
[[nodiscard]] command_body decode_hold_release(field_reader& body);
[[nodiscard]] command_body decode_booking_confirm(field_reader& body);
[[nodiscard]] command_body decode_seat_reserve(field_reader& body);
[[nodiscard]] command_body decode_seat_cancel(field_reader& body);
[[nodiscard]] command_body decode_booking_cancel(field_reader& body);
[[nodiscard]] command_body decode_booking_exchange(field_reader& body);
[[nodiscard]] command_body decode_multi_reserve(field_reader& body);

[[nodiscard]] command_body decode_lock_acquire(field_reader& body);
[[nodiscard]] command_body decode_lock_renew(field_reader& body);
[[nodiscard]] command_body decode_lock_append(field_reader& body);
[[nodiscard]] command_body decode_lock_release(field_reader& body);
[[nodiscard]] command_body decode_lock_break(field_reader& body);

}  // namespace marquee::booking
