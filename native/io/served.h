// served.h: what a fast path did with a piece of input.
#pragma once
#include <cstddef>

#include "../storage/ids.h"

namespace orrery::io {

enum class Next : unsigned char {
  kAll,         // everything was used
  kIncomplete,  // a request begins at `consumed`; it has at least `need` bytes
  kHandOver,    // the request at `consumed` is JavaScript's
  kOutput,      // enough output for now: send it, then go on
  kEnd,         // the peer broke the protocol: send the output, then close
  kWait,        // the request at `consumed` waits for the end of the transaction `blocker`
};

struct Served {
  Next next = Next::kAll;
  std::size_t consumed = 0;
  std::size_t need = 0;
  storage::Lsn lsn = 0;  // newest record of the writes; 0: none that anybody waits for
  storage::Xid waiter = 0, blocker = 0;
};

}  // namespace orrery::io
