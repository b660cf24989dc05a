#pragma once

#include <string>

namespace marquee::cli {

// Answers of the booking application in words, for people. What is not expected is shown as it came.

/// An answer to a command that was done, by its code.
[[nodiscard]] std::string answer_text(const std::string& body);
/// Why a command was refused, with each seat that stood in the way.
[[nodiscard]] std::string refusal_text(int status, const std::string& body);

/// Answers to reads.
[[nodiscard]] std::string shows_text(const std::string& body);
[[nodiscard]] std::string bookings_text(const std::string& body);
[[nodiscard]] std::string session_text(const std::string& body);
[[nodiscard]] std::string lock_text(const std::string& body);
[[nodiscard]] std::string replicas_text(const std::string& body);
[[nodiscard]] std::string audit_text(const std::string& body);
/// The hall, a line for each row: letters of free seats' columns, "x" booked, "h" held, "#" blocked, "@"
/// one's own; a gap for an aisle.
[[nodiscard]] std::string seat_map_text(const std::string& body);

}  // namespace marquee::cli
