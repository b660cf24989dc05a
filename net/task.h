#pragma once

#include <boost/asio/awaitable.hpp>

namespace marquee::net {

/// A coroutine at the edge (DESIGN D3, D19): starts when it is awaited or spawned on an event_loop, and runs
/// on the thread of the loop on which it was started. A lambda with captures that is called in place
/// (`[x]() -> task<> {...}()`) loses its captures at the end of that statement: give the lambda to
/// `event_loop::spawn` uncalled, or pass what it needs as parameters.
template <class T = void>
using task = boost::asio::awaitable<T>;

}  // namespace marquee::net
