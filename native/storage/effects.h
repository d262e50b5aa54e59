// effects.h: the Room::kStorage effects and how rows lie in them. Layout: docs/formats/log-storage.md.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "../core/block.h"
#include "../core/bytes.h"
#include "relation.h"

namespace orrery::storage {

/// The numbers are on disk.
enum class StorageEffect : std::uint8_t {
  kCreateRelation = 1,
  kDropRelation = 2,
  kAddColumn = 3,
  kCreateBTree = 4,
  kDropIndex = 5,
  kInsert = 6,
  kUpdate = 7,
  kDelete = 8,
  kCreateSequence = 9,
  kAlterSequence = 10,
  kDropSequence = 11,
  kSetSequence = 12,
  kCatalogPut = 13,
  kCatalogDelete = 14,
  kOids = 15,
  kCreateInverted = 16,
};

/// Column `c` of the chosen rows of a block: [has nulls u8][validity u8 each]? then fixed values, or varint lengths and bytes.
void encode_column(ByteWriter& out, const Block& block, std::uint32_t c, std::span<const std::uint32_t> rows);

/// Reads columns where wanted[c] != 0 into a block of all the relation's columns (the others read as NULL). `memory` holds the
/// block. False when the bytes do not parse.
bool decode_columns(ByteReader& in, std::span<const ColumnType> types, std::span<const std::uint8_t> wanted, std::uint32_t rows,
                    std::vector<std::uint64_t>& memory, std::size_t* length);

}  // namespace orrery::storage
