// icu.h: collation and title case of the ICU that this process has: Node's own, or the shared library that Node was built with.
//
// ICU's C functions are found by name at run time (they carry the major version: ucol_open_78), so the addon is not tied to a version and
// needs no headers. A process without ICU (the C++ tests) has no collators; `open` says so.
//
// Threads: a collator does not change after it was opened, and ICU's reading functions may be called from any thread. Collators are kept
// for the life of the process, one per locale.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace orrery::icu {

/// Opaque UCollator.
struct Collator;

/// Locales that may be open at once: the names come from clients, each takes memory for good.
inline constexpr std::size_t kCollatorCountMax = 1000;

/// The collator of a locale ("de", "und-u-ks-level2"); nullptr with `error` set to ICU's name of the error otherwise.
const Collator* open(const std::string& locale, std::string& error);

/// Appends the key whose bytes order as the collator orders texts. Ends with a zero byte and has no other.
void append_sort_key(const Collator& collator, std::u16string_view text, std::vector<std::uint8_t>& out);

/// Version of the locale's order: "153.128"; empty with `error` set where there is no collator. Nothing stays open: a list of all collations asks
/// for hundreds.
std::string version(const std::string& locale, std::string& error);

/// Every word with its first letter in title case and the others in lower case, by the locale's rules; false: there is no ICU, or it failed.
bool title_case(const std::string& locale, std::u16string_view text, std::u16string& out);

}  // namespace orrery::icu
