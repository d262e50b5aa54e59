// Random and mutated bytes for whoever reads what others wrote: blocks, RESP frames, predicates. Under AddressSanitizer a byte read
// beyond the input ends the run; each input lies in memory of exactly its size. ORRERY_FUZZ_FRAMES raises the number of RESP inputs (20,000):
// `ORRERY_FUZZ_FRAMES=1000000 ORRERY_FUZZ_COMMANDS=1000000 make -C native test SAN=address FILTER=fuzz`.
#include <cstdlib>
#include <memory>
#include <random>

#include "../exec/predicate.h"
#include "../wire/resp_frame.h"
#include "storage_support.h"

using namespace orrery;
using namespace orrery::test;

namespace {

/// Exactly `bytes`, at a multiple of 8, so that the sanitizer sees the end.
struct Exact {
  explicit Exact(const std::vector<std::uint8_t>& bytes) : memory(new std::uint8_t[bytes.size()]), size(bytes.size()) {
    if (size != 0) std::memcpy(memory.get(), bytes.data(), size);
  }
  std::unique_ptr<std::uint8_t[]> memory;
  std::size_t size;
};

/// Changes, cuts, repeats or inserts a few bytes.
std::vector<std::uint8_t> mutated(std::vector<std::uint8_t> bytes, std::mt19937& random) {
  const std::uint32_t interesting[] = {0, 1, 7, 8, 0x7f, 0x80, 0xff, 0x7fffffff, 0x80000000, 0xffffffff};
  for (unsigned n = 1 + random() % 4; n > 0; n--) {
    if (bytes.empty()) bytes.push_back(static_cast<std::uint8_t>(random()));
    const std::size_t at = random() % bytes.size();
    switch (random() % 4) {
      case 0: bytes[at] = static_cast<std::uint8_t>(random()); break;
      case 1: bytes.resize(at); break;
      case 2: bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(at), static_cast<std::uint8_t>(interesting[random() % 7])); break;
      default:
        if (at + 4 <= bytes.size()) std::memcpy(bytes.data() + at / 4 * 4, &interesting[random() % 10], 4);
    }
  }
  return bytes;
}

/// Reads every value of a block that parse() accepted.
std::uint64_t read_all(const Block& block) {
  std::uint64_t sum = 0;
  for (std::uint32_t r = 0; r < block.row_count(); r++) {
    if (block.has_row_ids()) sum += block.row_id(r);
    for (std::size_t c = 0; c < block.column_count(); c++) {
      if (block.is_null(c, r)) continue;
      if (block.column(c).type == PhysicalType::kVarlen) {
        for (const char byte : block.varlen(c, r)) sum += static_cast<std::uint8_t>(byte);
      } else {
        const std::size_t width = width_of(block.column(c).type, block.column(c).dimensions);
        for (std::size_t i = 0; i < width; i++) sum += block.column(c).values[r * width + i];
      }
    }
  }
  return sum;
}

}  // namespace

TEST("fuzz: Block::parse accepts only what lies within its bytes") {
  std::mt19937 random(21);
  const RowBlock good({{1, "one", 1}, {2, "", 2}, {3, std::string(40, 'x'), 3}}, true);
  const Block block = good.block();
  const auto* start = reinterpret_cast<const std::uint8_t*>(block.column(0).values) - 72;  // 16 + 2 * 16 bytes of descriptors, 3 row ids
  std::uint32_t size = 0;
  std::memcpy(&size, start + 12, 4);
  const std::vector<std::uint8_t> seed(start, start + size);
  CHECK(Block::parse(seed.data(), seed.size()).has_value());
  std::uint64_t sum = 0;
  for (int i = 0; i < 20'000; i++) {
    const Exact input(mutated(seed, random));
    if (const auto parsed = Block::parse(input.memory.get(), input.size)) sum += read_all(*parsed) & 1;
  }
  CHECK(sum > 0);
}

TEST("fuzz: RESP frames: any bytes in any pieces give commands within the input, an error or a need for more") {
  const char* asked = std::getenv("ORRERY_FUZZ_FRAMES");
  const int inputs = asked == nullptr ? 20'000 : std::atoi(asked);
  std::mt19937 random(asked == nullptr ? 22 : std::random_device{}());
  const std::string text = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\nvalue\r\nPING hello\r\n*1\r\n$4\r\nPING\r\n";
  const std::vector<std::uint8_t> seed(text.begin(), text.end());
  for (int i = 0; i < inputs; i++) {
    const Exact input(i % 8 == 0 ? std::vector<std::uint8_t>(seed.begin(), seed.begin() + random() % seed.size()) : mutated(seed, random));
    wire::FrameLimits limits;
    limits.unauthenticated = i % 3 == 0;
    wire::FrameParser parser;
    const char* data = reinterpret_cast<const char*>(input.memory.get());
    for (std::size_t at = 0; at < input.size;) {
      const wire::FrameResult result = parser.parse(data + at, input.size - at, limits);
      if (result == wire::FrameResult::kIncomplete) CHECK(parser.need > input.size - at);
      if (result != wire::FrameResult::kCommand) break;
      CHECK(parser.consumed > 0 && parser.consumed <= input.size - at);
      for (const std::string_view argument : parser.arguments) CHECK(argument.data() >= data + at && argument.data() + argument.size() <= data + input.size);
      at += parser.consumed;
    }
  }
}

TEST("fuzz: RESP frames: a command of many arguments in any pieces is the command, or the same error") {
  std::mt19937 random(24);
  for (int round = 0; round < 60; round++) {
    const std::size_t count = 1020 + random() % 3000;
    std::string text = "*" + std::to_string(count) + "\r\n";
    for (std::size_t i = 0; i < count; i++) {
      const std::string value(random() % 40, static_cast<char>('a' + i % 26));
      text += "$" + std::to_string(value.size()) + "\r\n" + value + "\r\n";
    }
    if (round % 3 == 0) text[random() % text.size()] = 'x';
    text += "*1\r\n$4\r\nPING\r\n";
    wire::FrameParser whole, pieces;
    const wire::FrameResult expected = whole.parse(text.data(), text.size(), {});
    wire::FrameProgress progress;
    wire::FrameResult result = wire::FrameResult::kIncomplete;
    for (std::size_t have = 0; result == wire::FrameResult::kIncomplete && have < text.size();) {
      have = std::min(text.size(), have + 1 + random() % 3000);
      if (have < pieces.need) continue;
      const std::string copy = text.substr(0, have);  // the input moves between calls
      result = pieces.parse(copy.data(), copy.size(), {}, &progress);
      if (result != wire::FrameResult::kCommand) continue;
      CHECK(!progress.is_active());
      CHECK(pieces.consumed == whole.consumed);
      CHECK(pieces.arguments.size() == whole.arguments.size());
      for (std::size_t i = 0; i < std::min(pieces.arguments.size(), whole.arguments.size()); i++) CHECK(pieces.arguments[i] == whole.arguments[i]);
    }
    CHECK(result == expected);
    if (expected == wire::FrameResult::kError) CHECK(pieces.error == whole.error);
  }
}

TEST("fuzz: predicates: random programs are refused or run, and leave the reader standing") {
  std::mt19937 random(23);
  Database db;
  Transaction* t = db.begin();
  CHECK(db.insert(t, {{1, "one"}, {2, ""}, {3, std::string(40, 'x')}}).is_ok());
  db.commit(t);
  for (int i = 0; i < 30'000; i++) {
    std::vector<std::uint8_t> program(random() % 40);
    for (auto& byte : program) byte = static_cast<std::uint8_t>(random() % 3 == 0 ? random() : random() % 12);
    const Exact input(program);
    exec::Predicate predicate;
    if (!exec::Predicate::parse({input.memory.get(), input.size}, *db.table, &predicate).is_ok()) continue;
    for (std::uint32_t slot = 0; slot < 3; slot++) (void)predicate.matches(*db.table->chunk(0), slot);
  }
}

TEST("vacuum: a thousand rows updated over and over stay within their memory, and so do the entries of a changing key") {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  constexpr int kUpdates = 100'000;
#else
  constexpr int kUpdates = 1'000'000;
#endif
  constexpr int kRows = 1000;
  Database db(true);
  Transaction* t = db.begin();
  std::vector<Row> rows;
  for (std::int32_t i = 0; i < kRows; i++) rows.push_back({i, "value 0"});
  RowId first = 0;
  CHECK(db.insert(t, rows, &first).is_ok());
  db.commit(t);
  const auto& by_value = static_cast<const index::BTree&>(*db.rows.find_index(Database::kByValue));
  std::size_t most_bytes = 0;
  std::uint64_t most_entries = 0;
  for (int done = 0; done < kUpdates; done += kRows) {
    t = db.begin();
    for (std::int32_t i = 0; i < kRows; i++) rows[i] = {i, "value " + std::to_string(done + i), first + static_cast<RowId>(i)};
    const RowBlock block(rows, true);
    const std::uint32_t changed[] = {1};
    std::size_t failed = 0;
    CHECK(db.rows.update(*t, *db.table, block.block(), changed, &failed).is_ok());
    db.commit(t);
    if (done % (8 * kRows) != 0) continue;
    while (db.rows.vacuum(*db.table)) {}
    most_bytes = std::max(most_bytes, db.table->memory_bytes());
    most_entries = std::max(most_entries, by_value.entry_count());
  }
  while (db.rows.vacuum(*db.table)) {}
  CHECK_EQ(db.scan().size(), static_cast<std::size_t>(kRows));
  // Two of the largest chunks: one that fills, one that waits to be emptied.
  CHECK(most_bytes < 3 * 65536 * 64);
  CHECK(most_entries < 3 * 65536);
  if (db.table->memory_bytes() > most_bytes) std::cerr << "bytes " << db.table->memory_bytes() << "\n";
}
