#pragma once

namespace marquee::net {

/// Ends the connection behind a descriptor that another library owns (libpq's), so that its thread, which
/// waits there without limit, gets an error. The descriptor stays open: its owner closes it. Thread-safe.
void end_foreign_connection(int descriptor);

}  // namespace marquee::net
