// ivfflat_index.cc: from row versions to list entries.
#include "ivfflat_index.h"

#include <algorithm>
#include <thread>
#include <unordered_set>

namespace orrery::index::ivfflat {
namespace {

bool before(const VectorItem& a, const VectorItem& b) noexcept { return a.row != b.row ? a.row < b.row : a.slot < b.slot; }
bool same(const VectorItem& a, const VectorItem& b) noexcept { return a.row == b.row && a.slot == b.slot; }

struct EntryHash {
  std::size_t operator()(const Entry& e) const noexcept { return std::hash<std::uint64_t>{}(e.row * 0x9e3779b97f4a7c15u ^ e.slot); }
};
struct EntryEqual {
  bool operator()(const Entry& a, const Entry& b) const noexcept { return a.row == b.row && a.slot == b.slot; }
};

}  // namespace

bool IvfflatIndex::is_valid(const Options& o) noexcept { return has_lists(o.metric) && o.lists >= 1 && o.lists <= kMaxLists; }

void IvfflatIndex::write_options(ByteWriter& out, const Options& options) {
  out.u8(static_cast<std::uint8_t>(options.metric));
  out.varint(options.lists);
}

Options IvfflatIndex::read_options(ByteReader& in) {
  Options options;
  options.metric = static_cast<Metric>(in.u8());
  options.lists = static_cast<std::uint32_t>(in.varint());
  return options;
}

void IvfflatIndex::save(ByteWriter& out, const IsCurrent& current) const {
  out.varint(id());
  out.varint(relation().id());
  out.varint(column());
  write_options(out, lists_.options());
  out.u64(created.load());
  lists_.save(out, [&](const Entry& e) { return current(e.row, e.slot); });
}

IvfflatIndex::Header IvfflatIndex::read_header(ByteReader& in) {
  Header header;
  header.id = static_cast<storage::RelationId>(in.varint());
  header.relation = static_cast<storage::RelationId>(in.varint());
  header.column = static_cast<std::uint32_t>(in.varint());
  header.options = read_options(in);
  header.created = in.u64();
  return header;
}

void IvfflatIndex::statistics(const std::function<void(std::string_view, double)>& add) const {
  add("bytes", static_cast<double>(memory_bytes()));
  add("entries", static_cast<double>(lists_.entry_count()));
}

void IvfflatIndex::apply(const VectorItem& item, bool removed) {
  if (is_waiting_) {
    const std::scoped_lock lock(pending_latch_);
    if (is_waiting_) {
      pending_.push_back({item, removed});
      return;
    }
  }
  if (removed) lists_.remove(item);
  else lists_.insert(item);
}

Status IvfflatIndex::insert(std::span<const storage::VersionRef> versions, storage::Xid, std::size_t*) {
  if (recovering_) return Status::ok();
  for (const storage::VersionRef v : versions)
    if (VectorItem item; item_of(v, &item)) apply(item, false);
  return Status::ok();
}

void IvfflatIndex::remove(std::span<const storage::VersionRef> versions) noexcept {
  if (recovering_) return;
  for (const storage::VersionRef v : versions)
    if (VectorItem item; item_of(v, &item)) apply(item, true);
}

void IvfflatIndex::remove_stale(storage::VersionRef version) noexcept {
  VectorItem item;
  if (!recovering_ && item_of(version, &item) && !is_needed_by_another(version, item)) apply(item, true);
}

Status IvfflatIndex::build(storage::CommitTs oldest, unsigned threads) {
  std::vector<VectorItem> items = items_since(oldest);
  if (Status s = lists_.train(items, threads); !s.is_ok()) return s;
  const std::scoped_lock lock(pending_latch_);
  // A version that a writer added during the walk may have been seen by it too.
  for (const Change& c : pending_)
    if (!c.removed) items.push_back(c.item);
  std::sort(items.begin(), items.end(), before);
  items.erase(std::unique(items.begin(), items.end(), same), items.end());
  if (Status s = lists_.fill(items, threads); !s.is_ok()) return s;
  for (const Change& c : pending_)
    if (c.removed) lists_.remove(c.item);
  pending_.clear();
  pending_.shrink_to_fit();
  is_waiting_ = false;
  return Status::ok();
}

Status IvfflatIndex::recovered() {
  recovering_ = false;
  std::vector<VectorItem> items = newest_items();
  if (!lists_.is_trained())
    if (Status s = lists_.train(items, all_cores()); !s.is_ok()) return s;
  std::unordered_set<Entry, EntryHash, EntryEqual> wanted;
  wanted.reserve(items.size());
  for (const VectorItem& item : items) wanted.insert({item.row, item.slot});
  lists_.erase_if([&](const Entry& e) { return wanted.erase(e) == 0; });
  std::erase_if(items, [&](const VectorItem& item) { return !wanted.contains({item.row, item.slot}); });
  if (Status s = lists_.fill(items, all_cores()); !s.is_ok()) return s;
  is_waiting_ = false;
  return Status::ok();
}

}  // namespace orrery::index::ivfflat
