#include "icu.h"

#include <dlfcn.h>

#include <map>
#include <mutex>

namespace orrery::icu {
namespace {

// Types of ICU's C API (unicode/ucol.h, unicode/ustring.h) as far as they are called.
using ErrorCode = int;  // UErrorCode: <= 0 is success or a warning
constexpr ErrorCode kBufferOverflow = 15;  // U_BUFFER_OVERFLOW_ERROR
using OpenFunction = Collator* (*)(const char* locale, ErrorCode* status);
using SortKeyFunction = std::int32_t (*)(const Collator*, const char16_t*, std::int32_t, std::uint8_t*, std::int32_t);
using CloseFunction = void (*)(Collator*);
using VersionFunction = void (*)(const Collator*, std::uint8_t* four);
using ErrorNameFunction = const char* (*)(ErrorCode);
using TitleFunction = std::int32_t (*)(char16_t*, std::int32_t, const char16_t*, std::int32_t, void* breaks, const char* locale, ErrorCode*);

struct Functions {
  OpenFunction open = nullptr;
  CloseFunction close = nullptr;
  SortKeyFunction sort_key = nullptr;
  VersionFunction version = nullptr;
  ErrorNameFunction error_name = nullptr;
  TitleFunction title = nullptr;
};

// The oldest version with collation attributes in locale names, and one that no ICU will reach soon.
constexpr int kVersionFirst = 54;
constexpr int kVersionLast = 199;

template <typename Function>
bool find(Function& function, const std::string& name) {
  function = reinterpret_cast<Function>(dlsym(RTLD_DEFAULT, name.c_str()));
  return function != nullptr;
}
Functions load() {
  for (int version = kVersionLast; version >= kVersionFirst; version--) {
    const std::string suffix = "_" + std::to_string(version);
    Functions f;
    if (find(f.open, "ucol_open" + suffix) && find(f.close, "ucol_close" + suffix) && find(f.sort_key, "ucol_getSortKey" + suffix) && find(f.version, "ucol_getVersion" + suffix) &&
        find(f.error_name, "u_errorName" + suffix) && find(f.title, "u_strToTitle" + suffix))
      return f;
  }
  return {};
}
const Functions& functions() {
  static const Functions found = load();
  return found;
}

constexpr const char* kNoIcu = "this process has no ICU";

std::mutex collators_latch;
std::map<std::string, const Collator*>& collators() {
  static auto* const map = new std::map<std::string, const Collator*>();
  return *map;
}

}  // namespace

const Collator* open(const std::string& locale, std::string& error) {
  const Functions& f = functions();
  if (f.open == nullptr) {
    error = kNoIcu;
    return nullptr;
  }
  const std::lock_guard guard(collators_latch);
  auto& known = collators();
  const auto at = known.find(locale);
  if (at != known.end()) return at->second;
  if (known.size() >= kCollatorCountMax) {
    error = "too many locales are open";
    return nullptr;
  }
  ErrorCode status = 0;
  const Collator* collator = f.open(locale.c_str(), &status);
  if (status > 0 || collator == nullptr) {
    error = f.error_name(status);
    return nullptr;
  }
  known.emplace(locale, collator);
  return collator;
}

void append_sort_key(const Collator& collator, std::u16string_view text, std::vector<std::uint8_t>& out) {
  const std::size_t start = out.size();
  // Keys of most texts take about two bytes a letter at three levels; what does not fit is asked for again.
  std::size_t room = 4 * text.size() + 32;
  for (;;) {
    out.resize(start + room);
    const std::int32_t length = functions().sort_key(&collator, text.data(), static_cast<std::int32_t>(text.size()), out.data() + start,
                                                     static_cast<std::int32_t>(room));
    if (static_cast<std::size_t>(length) <= room) {
      out.resize(start + static_cast<std::size_t>(length));
      return;
    }
    room = static_cast<std::size_t>(length);
  }
}

std::string version(const std::string& locale, std::string& error) {
  const Functions& f = functions();
  if (f.open == nullptr) {
    error = kNoIcu;
    return {};
  }
  ErrorCode status = 0;
  Collator* collator = f.open(locale.c_str(), &status);
  if (status > 0 || collator == nullptr) {
    error = f.error_name(status);
    return {};
  }
  std::uint8_t numbers[4] = {};
  f.version(collator, numbers);
  f.close(collator);
  int last = 3;
  while (last > 1 && numbers[last] == 0) last--;
  std::string text;
  for (int i = 0; i <= last; i++) text += (i == 0 ? "" : ".") + std::to_string(numbers[i]);
  return text;
}

bool title_case(const std::string& locale, std::u16string_view text, std::u16string& out) {
  const Functions& f = functions();
  if (f.title == nullptr) return false;
  out.resize(text.size() + 16);
  for (;;) {
    ErrorCode status = 0;
    const std::int32_t length = f.title(out.data(), static_cast<std::int32_t>(out.size()), text.data(),
                                        static_cast<std::int32_t>(text.size()), nullptr, locale.c_str(), &status);
    if (status == kBufferOverflow) {
      out.resize(static_cast<std::size_t>(length) + 1);
      continue;
    }
    if (status > 0) return false;
    out.resize(static_cast<std::size_t>(length));
    return true;
  }
}

}  // namespace orrery::icu
