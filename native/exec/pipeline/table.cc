#include "table.h"

namespace orrery::exec {

void Column::make_validity() {
  if (!validity_.empty() || rows_ == 0) return;
  std::memset(validity_.extend(rows_), 1, rows_);
}

void Column::append(const Vector& from, std::uint32_t count, const std::uint32_t* select) {
  if (count == 0) return;
  with_kind(kind_, [&]<typename T>(T) {
    const T* in = from.as<T>();
    T* out = reinterpret_cast<T*>(data_.extend(count * sizeof(T)));
    if constexpr (std::is_same_v<T, std::string_view>) {
      for (std::uint32_t i = 0; i < count; i++) {
        const std::uint32_t at = select == nullptr ? i : select[i];
        out[i] = from.is_null(at) ? std::string_view{} : from.stable ? in[at] : arena_.copy(in[at]);
      }
    } else if (select == nullptr) {
      std::memcpy(static_cast<void*>(out), in, count * sizeof(T));
    } else {
      for (std::uint32_t i = 0; i < count; i++) out[i] = in[select[i]];
    }
  });
  bool nulls = false;
  if (from.validity != nullptr) {
    if (!validity_.empty()) nulls = true;
    else if (select == nullptr) nulls = std::memchr(from.validity, 0, count) != nullptr;
    else
      for (std::uint32_t i = 0; i < count && !nulls; i++) nulls = from.validity[select[i]] == 0;
  }
  if (nulls) {
    make_validity();
    std::uint8_t* valid = validity_.extend(count);
    for (std::uint32_t i = 0; i < count; i++) valid[i] = from.validity[select == nullptr ? i : select[i]];
  } else if (!validity_.empty()) {
    std::memset(validity_.extend(count), 1, count);
  }
  rows_ += count;
}

Vector Column::gather_or_null(const std::uint32_t* rows, std::uint32_t count, VectorBuffer& out) const {
  std::uint8_t* valid = out.validity();
  with_kind(kind_, [&]<typename T>(T) {
    const T* in = as<T>();
    T* to = out.as<T>();
    for (std::uint32_t i = 0; i < count; i++) {
      const bool there = rows[i] != UINT32_MAX && !is_null(rows[i]);
      to[i] = there ? in[rows[i]] : T{};
      valid[i] = there;
    }
  });
  return out.view(true, true);
}

}  // namespace orrery::exec
