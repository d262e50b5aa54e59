// script_values.h: Lua values of a running short script. They live in the run's arena and nothing changes a table after it was made, so a
// value is copied by copying its words.
#pragma once
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace orrery::keyspace {

struct ScriptTable;

struct ScriptValue {
  enum class Type : std::uint8_t { kNil, kBoolean, kNumber, kString, kTable };
  Type type = Type::kNil;
  bool boolean = false;
  union {
    double number = 0;
    const char* bytes;
    const ScriptTable* table;
  };
  std::size_t length = 0;

  static ScriptValue of(bool v) { ScriptValue out; out.type = Type::kBoolean; out.boolean = v; return out; }
  static ScriptValue of(double v) { ScriptValue out; out.type = Type::kNumber; out.number = v; return out; }
  static ScriptValue of(std::string_view v) { ScriptValue out; out.type = Type::kString; out.bytes = v.data(); out.length = v.size(); return out; }
  static ScriptValue of(const ScriptTable* v) { ScriptValue out; out.type = Type::kTable; out.table = v; return out; }
  std::string_view text() const noexcept { return {bytes, length}; }
  bool is_true() const noexcept { return type != Type::kNil && (type != Type::kBoolean || boolean); }
};

struct ScriptTable {
  const ScriptValue* items = nullptr;
  std::size_t count = 0;
  std::size_t room = 0;            // of Lua's array part, which `#` searches when its last item is nil
  ScriptValue ok, error;           // the fields of these names ("ok", "err")
  bool is_counted = false;         // an error that the statistics know already
};

/// Memory of one run.
class ScriptArena {
 public:
  char* take(std::size_t bytes);
  template <typename T> T* make(std::size_t count) {
    T* out = reinterpret_cast<T*>(take(count * sizeof(T)));
    for (std::size_t i = 0; i < count; i++) new (out + i) T();
    return out;
  }
  std::string_view copy(std::string_view text);
  /// Everything taken is free again; memory of usual size is kept.
  void clear() noexcept;

 private:
  static constexpr std::size_t kChunkBytes = 64 << 10;
  std::unique_ptr<char[]> chunk_;
  std::size_t used_ = 0;
  std::vector<std::unique_ptr<char[]>> more_;
};

const char* script_type_name(ScriptValue::Type type) noexcept;
/// printf's %.14g or %.17g: as Lua, and as redis.call writes arguments.
std::string_view script_number_text(ScriptArena& arena, double value, int digits);
/// Lua's conversion of a text to a number; false when it is none.
bool script_number_of(std::string_view text, double* out);
/// The number a value is or can become.
bool script_to_number(const ScriptValue& value, double* out);
/// `#table`.
std::size_t script_length(const ScriptTable& table) noexcept;
/// Room of the array part of a constructor with `count` items.
std::size_t script_constructor_room(std::size_t count) noexcept;
/// One RESP2 reply as redis.call gives it; `at` moves behind it.
ScriptValue script_reply_value(ScriptArena& arena, const char*& at);

}  // namespace orrery::keyspace
