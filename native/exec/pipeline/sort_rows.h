// sort_rows.h: the order of a table's rows by keys.
//
// Each row's keys are written as bytes that memcmp orders (docs/formats/key.md has the idea; here NULLs take a byte only in columns that
// hold one, text is padded to the longest value and followed by its length). Up to 16 bytes are sorted as integers by a stable radix sort over the
// bytes that vary; what is longer is compared by its first 16 bytes, then value by value.
#pragma once
#include "operator.h"

namespace orrery::exec {

/// All rows in order, equal ones in the order of the table. False: keys that the native form cannot order (Context::failure is set).
bool sort_rows(const Table& table, const std::vector<SortKey>& keys, PodBuffer<std::uint32_t>& order, Context& context);
/// flags[i] is set where the row at place i differs from the one before in one of the columns. False: stopped.
bool mark_changes(const Table& table, const std::vector<SortKey>& keys, const PodBuffer<std::uint32_t>& order, PodBuffer<std::uint8_t>& flags,
                  Context& context);

}  // namespace orrery::exec
