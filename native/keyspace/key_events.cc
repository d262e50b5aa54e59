#include "key_events.h"

namespace orrery::keyspace {

void KeyEvents::publish(std::string_view name, std::uint8_t db, std::string_view key) const {
  if (!publish_) return;
  const std::uint32_t wanted = flags();
  std::string channel;
  if ((wanted & kNotifyKeyspace) != 0) {
    channel.append("__keyspace@").append(std::to_string(db)).append("__:").append(key);
    publish_(channel, name);
  }
  if ((wanted & kNotifyKeyevent) != 0) {
    channel.assign("__keyevent@").append(std::to_string(db)).append("__:").append(name);
    publish_(channel, key);
  }
}

}  // namespace orrery::keyspace
