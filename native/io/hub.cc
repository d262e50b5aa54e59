#include "hub.h"

#include "connection.h"

namespace orrery::io {

void Hub::listen(std::function<void()> wake) {
  std::vector<HubEvent> dropped;  // destroyed after the mutex: it may be the last to know a connection
  const std::lock_guard guard(mutex_);
  wake_ = std::move(wake);
  is_over_ = !wake_;
  if (is_over_) dropped = take_locked();
  else if (!events_.empty()) this->wake();
}

void Hub::wake() {
  if (wake_) wake_();
}

void Hub::post(HubEvent::Kind kind, const std::shared_ptr<Connection>& connection) {
  const std::lock_guard guard(mutex_);
  if (is_over_) return;
  events_.push_back({kind, connection, {}});
  if (events_.size() == 1) wake();
}

std::size_t Hub::post_input(const std::shared_ptr<Connection>& connection, std::string_view bytes, bool taken) {
  const std::lock_guard guard(mutex_);
  if (is_over_) return 0;
  std::size_t& position = connection->undelivered_position;
  if (position != Connection::kNowhere) {
    std::string& waiting = events_[position].bytes;
    waiting.append(bytes);
    return waiting.size();
  }
  position = events_.size();
  events_.push_back({taken ? HubEvent::Kind::kTaken : HubEvent::Kind::kData, connection, std::string(bytes)});
  if (events_.size() == 1) wake();
  return bytes.size();
}

std::vector<HubEvent> Hub::take() {
  const std::lock_guard guard(mutex_);
  return take_locked();
}

std::vector<HubEvent> Hub::take_locked() {
  for (const HubEvent& event : events_) event.connection->undelivered_position = Connection::kNowhere;
  return std::exchange(events_, {});
}

bool Hub::has_input_of(const Connection& connection) {
  const std::lock_guard guard(mutex_);
  return connection.undelivered_position != Connection::kNowhere;
}

}  // namespace orrery::io
