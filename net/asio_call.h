#pragma once

#include <boost/system/error_code.hpp>
#include <coroutine>
#include <optional>
#include <tuple>
#include <utility>

/// For the .cpp files of net/ only.
namespace marquee::net {

/// Awaits one operation of Asio. `Begin` gets the handler to begin it with; what the handler is called with
/// is the result. Begun and ended on the coroutine's loop. When the coroutine is destroyed its loop has
/// ended, so the handler is not called any more.
template <class Begin, class... Results>
class asio_call {
 public:
  using outcome = std::tuple<boost::system::error_code, Results...>;

  explicit asio_call(Begin begin) : begin_(std::move(begin)) {}

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> caller) {
    begin_([this, caller](const boost::system::error_code& ec, Results... results) {
      outcome_.emplace(ec, std::move(results)...);
      caller.resume();
    });
  }
  outcome await_resume() { return std::move(*outcome_); }

 private:
  Begin begin_;
  std::optional<outcome> outcome_;
};

template <class... Results, class Begin>
[[nodiscard]] asio_call<Begin, Results...> await_asio(Begin begin) {
  return asio_call<Begin, Results...>(std::move(begin));
}

}  // namespace marquee::net
