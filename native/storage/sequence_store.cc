#include "sequence_store.h"

#include <algorithm>

#include "effects.h"

namespace orrery::storage {
namespace {

/// Of `ahead`, of a sequence that was set or altered: the next call logs, and a number that was drawn before is not given back.
constexpr std::int32_t kWasSet = -1;

/// The value `steps` calls on, stopping at the bound; for logging ahead.
std::int64_t advanced(const SequenceDefinition& d, std::int64_t value, std::int32_t steps) {
  std::int64_t delta, result;
  if (__builtin_mul_overflow(d.increment, static_cast<std::int64_t>(steps), &delta) || __builtin_add_overflow(value, delta, &result))
    return d.increment > 0 ? d.max : d.min;
  return std::clamp(result, d.min, d.max);
}

}  // namespace

std::shared_ptr<SequenceStore::Sequence> SequenceStore::find(RelationId id) const {
  std::shared_lock guard(latch_);
  const auto it = sequences_.find(id);
  return it == sequences_.end() ? nullptr : it->second;
}

bool SequenceStore::exists(RelationId id) const { return find(id) != nullptr; }

void SequenceStore::create(RelationId id, const SequenceDefinition& definition) {
  auto sequence = std::make_shared<Sequence>();
  sequence->definition = definition;
  sequence->value = definition.start;
  std::unique_lock guard(latch_);
  const auto early = pending_.find(id);
  if (early != pending_.end()) {
    sequence->value = early->second.value;
    sequence->is_called = early->second.is_called;
    pending_.erase(early);
  }
  sequences_.emplace(id, std::move(sequence));
}

bool SequenceStore::alter(RelationId id, const SequenceDefinition& definition) {
  const auto s = find(id);
  if (!s) return false;
  std::lock_guard guard(s->latch);
  const std::int64_t start = s->definition.start;
  s->definition = definition;
  s->definition.start = start;
  s->ahead = kWasSet;
  return true;
}

void SequenceStore::drop(RelationId id) {
  std::unique_lock guard(latch_);
  sequences_.erase(id);
  pending_.erase(id);
}

Status SequenceStore::log_value(RelationId id, std::int64_t value, bool is_called) {
  ByteWriter payload;
  payload.varint(id);
  payload.i64(value);
  payload.u8(is_called ? 1 : 0);
  EffectBuffer effects;
  effects.add(Room::kStorage, static_cast<std::uint8_t>(StorageEffect::kSetSequence), payload.span());
  if (manager_.append_effects(effects.span()) == 0) return Status::error(StatusCode::kIoError, "the log refused the record");
  return Status::ok();
}

Status SequenceStore::next(RelationId id, std::int64_t* value) {
  Drawn drawn;
  Status status = next(id, &drawn);
  if (status.is_ok()) *value = drawn.value;
  return status;
}

Status SequenceStore::next(RelationId id, Drawn* drawn) {
  const auto s = find(id);
  if (!s) return Status::error(StatusCode::kNotFound, "no such sequence");
  std::lock_guard guard(s->latch);
  const SequenceDefinition& d = s->definition;
  std::int64_t next = s->value;
  if (s->is_called) {
    const bool over = __builtin_add_overflow(s->value, d.increment, &next);
    if (over || next > d.max || next < d.min) {
      if (!d.cycle) return Status::error(StatusCode::kLimit, d.increment > 0 ? "maximum" : "minimum");
      next = d.increment > 0 ? d.min : d.max;
      s->ahead = 0;
    }
  }
  if (s->ahead <= 0) {
    Status status = log_value(id, advanced(d, next, kLogAhead - 1), true);
    if (!status.is_ok()) return status;
    s->ahead = kLogAhead;
  }
  s->ahead--;
  *drawn = {id, next, s->value, s->is_called};
  s->value = next;
  s->is_called = true;
  return Status::ok();
}

void SequenceStore::give_back(const Drawn& drawn) {
  const auto s = find(drawn.id);
  if (!s) return;
  std::lock_guard guard(s->latch);
  if (s->ahead == kWasSet || s->value != drawn.value) return;
  s->value = drawn.before;
  s->is_called = drawn.was_called;
}

Status SequenceStore::set(RelationId id, std::int64_t value, bool is_called) {
  const auto s = find(id);
  if (!s) return Status::error(StatusCode::kNotFound, "no such sequence");
  std::lock_guard guard(s->latch);
  if (value < s->definition.min || value > s->definition.max) return Status::error(StatusCode::kInvalid, "value out of bounds");
  Status status = log_value(id, value, is_called);
  if (!status.is_ok()) return status;
  s->value = value;
  s->is_called = is_called;
  s->ahead = kWasSet;
  return Status::ok();
}

Status SequenceStore::read(RelationId id, std::int64_t* value, bool* is_called, SequenceDefinition* definition) const {
  const auto s = find(id);
  if (!s) return Status::error(StatusCode::kNotFound, "no such sequence");
  std::lock_guard guard(s->latch);
  *value = s->value;
  *is_called = s->is_called;
  if (definition != nullptr) *definition = s->definition;
  return Status::ok();
}

void SequenceStore::redo_set(RelationId id, std::int64_t value, bool is_called, Lsn lsn) {
  const auto s = find(id);
  if (!s) {
    std::unique_lock guard(latch_);
    pending_[id] = {value, is_called};
    return;
  }
  std::lock_guard guard(s->latch);
  if (lsn <= s->saved_lsn) return;
  s->value = value;
  s->is_called = is_called;
  s->ahead = 0;
}

void SequenceStore::save(ByteWriter& out) {
  std::shared_lock guard(latch_);
  out.u32(static_cast<std::uint32_t>(sequences_.size()));
  for (const auto& [id, s] : sequences_) {
    std::lock_guard held(s->latch);
    s->ahead = std::min(s->ahead, 0);  // what the log knew beyond this value is before the checkpoint
    out.u32(id);
    out.i64(s->definition.increment);
    out.i64(s->definition.min);
    out.i64(s->definition.max);
    out.i64(s->definition.start);
    out.u8(s->definition.cycle ? 1 : 0);
    out.i64(s->value);
    out.u8(s->is_called ? 1 : 0);
    out.u64(log_.appended());
  }
}

bool SequenceStore::load(ByteReader& in) {
  const std::uint32_t count = in.u32();
  for (std::uint32_t i = 0; i < count && in.ok(); i++) {
    const RelationId id = in.u32();
    auto s = std::make_shared<Sequence>();
    s->definition.increment = in.i64();
    s->definition.min = in.i64();
    s->definition.max = in.i64();
    s->definition.start = in.i64();
    s->definition.cycle = in.u8() != 0;
    s->value = in.i64();
    s->is_called = in.u8() != 0;
    s->saved_lsn = in.u64();
    std::unique_lock guard(latch_);
    sequences_.emplace(id, std::move(s));
  }
  return in.ok();
}

void SequenceStore::each(const std::function<void(RelationId, const SequenceDefinition&, std::int64_t, bool)>& visit) const {
  std::shared_lock guard(latch_);
  for (const auto& [id, s] : sequences_) {
    std::lock_guard held(s->latch);
    visit(id, s->definition, s->value, s->is_called);
  }
}

}  // namespace orrery::storage
