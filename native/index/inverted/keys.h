// keys.h: which keys an inverted index has for a value.
//
// A key is a hash of 32 bits: of where it belongs (the column of the index), of what it is (a name, a string, a number, …) and of its bytes.
// Different keys may therefore meet in one list, so whoever searches compares the rows it finds. The hashes are in checkpoints: a change of
// them is a change of format (docs/formats/checkpoint-storage.md).
//
//  kJsonb      names of members, strings in arrays and a lone string are one kind (what `?` asks for); values of members, numbers, true,
//              false and null are others. As jsonb_ops.
//  kJsonbPath  one key for each scalar, of the names on the way to it and of itself; arrays do not lengthen the way. As jsonb_path_ops.
//  kArray      one for each element; NULL elements share one key, arrays without elements have one of their own.
//
// jsonb is read as it is stored, in canonical text; 1, 1.0 and 1.00 are one number. Arrays are read in PostgreSQL's binary format, elements
// by their bytes: who stores a type whose equal values differ in bytes stores ordered keys in their place.
// Nesting costs memory, not stack. Bytes that do not parse end the reading: never a fault.
#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

namespace orrery::index {

/// The numbers are on disk.
enum class InvertedKind : std::uint8_t { kJsonb = 1, kJsonbPath = 2, kArray = 3 };

/// Appends the keys of `value`, in the index's column number `position`; a key may come more than once. False: the bytes do not parse.
bool extract_keys(InvertedKind kind, std::uint32_t position, std::string_view value, std::vector<std::uint32_t>& keys);

}  // namespace orrery::index
