#include "keys.h"

#include <cstring>

namespace orrery::index {
namespace {

constexpr std::uint64_t kMultiplier = 0x9e3779b97f4a7c15u;  // 2^64 divided by the golden ratio

std::uint64_t mixed(std::uint64_t h) noexcept {
  h ^= h >> 32;
  h *= kMultiplier;
  h ^= h >> 29;
  h *= 0xbf58476d1ce4e5b9u;
  return h ^ (h >> 32);
}

/// Eight bytes at a time; the length and what the key is are part of it.
std::uint64_t hash(std::uint64_t seed, char what, std::string_view bytes) noexcept {
  std::uint64_t h = (seed + static_cast<unsigned char>(what)) * kMultiplier + bytes.size();
  while (bytes.size() >= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data(), 8);
    h = (h ^ word) * kMultiplier;
    h ^= h >> 31;
    bytes.remove_prefix(8);
  }
  std::uint64_t rest = 0;
  if (!bytes.empty()) std::memcpy(&rest, bytes.data(), bytes.size());
  return mixed((h ^ rest) * kMultiplier);
}

/// jsonb's canonical text, value by value.
class JsonReader {
 public:
  JsonReader(bool paths, std::uint64_t seed, std::string_view text, std::vector<std::uint32_t>& keys)
      : paths_(paths), seed_(seed), text_(text), keys_(keys) {}

  bool read() {
    std::uint64_t path = seed_;
    bool element = true;  // a lone scalar is found as an element is
    for (;;) {
      skip_blanks();
      if (at_ >= text_.size()) return false;
      const char c = text_[at_];
      if (c == '{' || c == '[') {
        at_++;
        open_.push_back({c == '{', path});
        skip_blanks();
        if (at_ < text_.size() && text_[at_] != (c == '{' ? '}' : ']')) {
          if (c == '{' && !name(path)) return false;
          element = c == '[';
          continue;
        }
      } else if (!scalar(path, element)) {
        return false;
      }
      // Behind a value: what is around it ends, or the next one comes.
      for (;;) {
        skip_blanks();
        if (open_.empty()) return at_ == text_.size();
        if (at_ >= text_.size()) return false;
        const Open& around = open_.back();
        if (text_[at_] == ',') {
          at_++;
          path = around.path;
          element = !around.object;
          if (around.object && !name(path)) return false;
          break;
        }
        if (text_[at_] != (around.object ? '}' : ']')) return false;
        at_++;
        open_.pop_back();
      }
    }
  }

 private:
  struct Open { bool object; std::uint64_t path; };

  void add(std::uint64_t h) { keys_.push_back(static_cast<std::uint32_t>(h >> 32)); }

  void skip_blanks() noexcept {
    while (at_ < text_.size() && text_[at_] == ' ') at_++;
  }

  /// A string as it is written, escapes and all: canonical text writes each string in one way.
  bool string(std::string_view* out) noexcept {
    if (at_ >= text_.size() || text_[at_] != '"') return false;
    const std::size_t start = ++at_;
    for (; at_ < text_.size(); at_++) {
      if (text_[at_] == '\\') at_++;
      else if (text_[at_] == '"') {
        *out = text_.substr(start, at_++ - start);
        return true;
      }
    }
    return false;
  }

  bool name(std::uint64_t& path) {
    std::string_view bytes;
    skip_blanks();
    if (!string(&bytes)) return false;
    if (paths_) path = hash(path, 'P', bytes);
    else add(hash(seed_, 'K', bytes));
    skip_blanks();
    if (at_ >= text_.size() || text_[at_] != ':') return false;
    at_++;
    return true;
  }

  bool scalar(std::uint64_t path, bool element) {
    std::string_view bytes;
    char what = 'N';
    if (text_[at_] == '"') {
      if (!string(&bytes)) return false;
      what = element && !paths_ ? 'K' : 'S';
    } else {
      const std::size_t start = at_;
      while (at_ < text_.size() && std::strchr(",]} ", text_[at_]) == nullptr) at_++;
      bytes = text_.substr(start, at_ - start);
      if (bytes.empty()) return false;
      if (bytes[0] == 't' || bytes[0] == 'f' || bytes[0] == 'n') what = 'L';
      else if (bytes.find('.') != std::string_view::npos) {
        bytes = bytes.substr(0, bytes.find_last_not_of('0') + 1);
        if (bytes.back() == '.') bytes.remove_suffix(1);
      }
    }
    add(hash(paths_ ? path : seed_, what, bytes));
    return true;
  }

  const bool paths_;
  const std::uint64_t seed_;
  const std::string_view text_;
  std::vector<std::uint32_t>& keys_;
  std::vector<Open> open_;
  std::size_t at_ = 0;
};

std::uint32_t big_endian(const char* p) noexcept {
  std::uint32_t v = 0;
  for (int i = 0; i < 4; i++) v = v << 8 | static_cast<unsigned char>(p[i]);
  return v;
}

/// Dimensions, flags, the element's type, 8 bytes a dimension; then per element its length (-1: NULL) and bytes.
bool read_array(std::uint64_t seed, std::string_view value, std::vector<std::uint32_t>& keys) {
  constexpr std::size_t kHeader = 12, kDimension = 8, kDimensionsMax = 6;
  if (value.size() < kHeader) return false;
  const std::uint32_t dimensions = big_endian(value.data());
  if (dimensions > kDimensionsMax || value.size() < kHeader + kDimension * dimensions) return false;
  std::size_t at = kHeader + kDimension * dimensions;
  if (at == value.size()) keys.push_back(static_cast<std::uint32_t>(hash(seed, 'E', {}) >> 32));
  while (at < value.size()) {
    if (value.size() - at < 4) return false;
    const std::uint32_t length = big_endian(value.data() + at);
    at += 4;
    if (length == 0xffffffffu) {
      keys.push_back(static_cast<std::uint32_t>(hash(seed, '0', {}) >> 32));
      continue;
    }
    if (value.size() - at < length) return false;
    keys.push_back(static_cast<std::uint32_t>(hash(seed, 'V', value.substr(at, length)) >> 32));
    at += length;
  }
  return true;
}

}  // namespace

bool extract_keys(InvertedKind kind, std::uint32_t position, std::string_view value, std::vector<std::uint32_t>& keys) {
  const std::uint64_t seed = mixed((static_cast<std::uint64_t>(position) + 1) << 8 | static_cast<std::uint8_t>(kind));
  switch (kind) {
    case InvertedKind::kJsonb: return JsonReader(false, seed, value, keys).read();
    case InvertedKind::kJsonbPath: return JsonReader(true, seed, value, keys).read();
    case InvertedKind::kArray: return read_array(seed, value, keys);
  }
  return false;
}

}  // namespace orrery::index
