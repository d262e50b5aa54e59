// stream_id.h: the identifier of a stream's entry: Unix milliseconds and a sequence number.
#pragma once
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "number.h"

namespace orrery::keyspace {

struct StreamId {
  std::uint64_t ms = 0, seq = 0;
  auto operator<=>(const StreamId&) const = default;
  static constexpr StreamId max() noexcept { return {UINT64_MAX, UINT64_MAX}; }
  bool is_zero() const noexcept { return ms == 0 && seq == 0; }
  /// False at the end of the range; the id is unchanged then.
  bool increment() noexcept {
    if (seq != UINT64_MAX) return seq++, true;
    if (ms == UINT64_MAX) return false;
    ms++;
    seq = 0;
    return true;
  }
  bool decrement() noexcept {
    if (seq != 0) return seq--, true;
    if (ms == 0) return false;
    ms--;
    seq = UINT64_MAX;
    return true;
  }
  std::string text() const { return std::to_string(ms) + "-" + std::to_string(seq); }
};

/// An unsigned decimal as strtoull takes it: leading zeros are fine, signs other than '+' are not.
bool parse_unsigned(std::string_view s, std::uint64_t* out) noexcept;
/// "ms-seq" or "ms" (then `missing_seq`). Not strict: "-" and "+" are the lowest and the highest id. With `seq_given` also "ms-*".
bool parse_stream_id(std::string_view text, std::uint64_t missing_seq, bool strict, StreamId* out, bool* seq_given = nullptr) noexcept;

}  // namespace orrery::keyspace
