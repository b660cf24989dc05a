#include "net/end_foreign_connection.h"

#include <sys/socket.h>

namespace marquee::net {

void end_foreign_connection(int descriptor) {
  ::shutdown(descriptor, SHUT_RDWR);
}

}  // namespace marquee::net
