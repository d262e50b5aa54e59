// drawn_numbers.h: numbers of sequences that the message at hand has drawn.
//
// A message that JavaScript has to run after all gives them back: it draws again, and would leave a gap that PostgreSQL does not leave.
// Threads: one; the sequences are anybody's.
#pragma once
#include <utility>
#include <vector>

#include "../storage/sequence_store.h"
#include "pg_state.h"

namespace orrery::io {

class DrawnNumbers {
 public:
  /// False: the sequence is gone or has no more numbers, or the log takes nothing.
  bool draw(storage::SequenceStore& sequences, std::uint32_t sequence, storage::RelationId storage, std::int64_t* number) {
    storage::SequenceStore::Drawn drawn;
    if (!sequences.next(storage, &drawn).is_ok()) return false;
    drawn_.emplace_back(sequence, drawn);
    *number = drawn.value;
    return true;
  }
  void give_back(storage::SequenceStore& sequences) {
    for (auto it = drawn_.rbegin(); it != drawn_.rend(); ++it) sequences.give_back(it->second);
    drawn_.clear();
  }
  /// They are the session's: currval and lastval know them.
  void keep(PgState& state) {
    for (const auto& [sequence, drawn] : drawn_) state.note_drawn(sequence, drawn.value);
    drawn_.clear();
  }

 private:
  std::vector<std::pair<std::uint32_t, storage::SequenceStore::Drawn>> drawn_;
};

}  // namespace orrery::io
