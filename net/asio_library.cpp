// The bodies of Asio and Beast, compiled here once for the whole tree. The only file that includes them
// whole.
#include <boost/asio/impl/src.hpp>
#include <boost/beast/src.hpp>
